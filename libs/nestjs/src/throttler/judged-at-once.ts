/** How many addresses are kept whose requests have not been heard of again; then they are forgotten, once it is time. */
const KEPT_CROWDS = 10_000;
const FORGOTTEN_AT_ONCE = 64;
/** After so long a request whose outcome is not known makes room for another. */
const HELD_MS = 250;

/** The place of one request among those of its address that are judged now. */
export interface Place {
  readonly who: string;
  readonly untilMs: number;
}

interface Crowd {
  /** The oldest comes first. */
  readonly places: Set<Place>;
  readonly waiting: (() => void)[];
  timer: NodeJS.Timeout | undefined;
}

/**
 * How many requests of one address are judged at once before it is known what they are. Those that turn out right make
 * room at once; those that are refused keep their places until they have been counted, so that a crowd that comes at
 * once cannot be judged before the first of it counts.
 */
export class JudgedAtOnce {
  readonly #crowds = new Map<string, Crowd>();

  /** A place for one more; undefined where there are so many already. */
  take(who: string, most: number): Place | undefined {
    let crowd = this.#crowds.get(who);
    if (crowd !== undefined && crowd.places.size >= most) {
      this.#dropOld(crowd);
      crowd = this.#crowds.get(who);
    }
    if (crowd === undefined) {
      if (this.#crowds.size >= KEPT_CROWDS) this.#forgetOld();
      crowd = { places: new Set(), waiting: [], timer: undefined };
      this.#crowds.set(who, crowd);
    }
    if (crowd.places.size >= Math.max(1, most)) return undefined;
    const place = { who, untilMs: performance.now() + HELD_MS };
    crowd.places.add(place);
    return place;
  }

  /** How many addresses are known now. */
  get size(): number {
    return this.#crowds.size;
  }

  /** Until there may be room. Whoever was woken and does not take a place calls `wake` for the next. */
  async waitFor(who: string): Promise<void> {
    const crowd = this.#crowds.get(who);
    if (crowd === undefined) return;
    const woken = new Promise<void>((resolve) => crowd.waiting.push(resolve));
    this.#watch(crowd);
    await woken;
  }

  /** Gives a place back. */
  leave(place: Place): void {
    const crowd = this.#crowds.get(place.who);
    if (crowd?.places.delete(place) === true) this.wake(place.who);
  }

  /** Wakes whoever has waited longest. */
  wake(who: string): void {
    const crowd = this.#crowds.get(who);
    if (crowd === undefined) return;
    crowd.waiting.shift()?.();
    if (crowd.places.size > 0 || crowd.waiting.length > 0) return;
    clearTimeout(crowd.timer);
    this.#crowds.delete(who);
  }

  /** A few at a time, so that no request pays for a flood. */
  #forgetOld(): void {
    let left = FORGOTTEN_AT_ONCE;
    for (const [who, crowd] of this.#crowds) {
      if (left-- === 0) return;
      this.#dropOld(crowd);
      if (crowd.places.size === 0) continue;
      this.#crowds.delete(who); // to the end, behind those that were not looked at
      this.#crowds.set(who, crowd);
    }
  }

  #dropOld(crowd: Crowd): void {
    const nowMs = performance.now();
    for (const place of crowd.places) {
      if (place.untilMs > nowMs) return;
      this.leave(place);
    }
  }

  /** Room is made in time though nobody comes or goes. */
  #watch(crowd: Crowd): void {
    if (crowd.timer !== undefined) return;
    const [oldest] = crowd.places;
    const inMs = oldest === undefined ? 0 : Math.max(0, oldest.untilMs - performance.now());
    crowd.timer = setTimeout(() => {
      crowd.timer = undefined;
      this.#dropOld(crowd);
      if (crowd.places.size === 0) crowd.waiting.shift()?.();
      if (crowd.waiting.length > 0) this.#watch(crowd);
    }, Math.ceil(inMs));
  }
}
