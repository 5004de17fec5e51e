import { after, isPromise, type Maybe } from "./after.js";
import { Refusal } from "./errors.js";
import type { Authentic, Claimed, Content, Intact } from "./flow.js";
import type { Greeter } from "./greeter.js";
import type { SignableRequest } from "./http/signable-request.js";
import type { Principal } from "./principal.js";
import type { Greeting } from "./stages/first-contact.js";
import type { Outcome } from "./scheme/redelivery.js";
import type { NonceClaim } from "./stages/nonce-claim.js";
import { isInTime } from "./stages/replay.js";
import type { RoutePolicy } from "./stages/route-policy.js";
import type { Standpoint } from "./stages/standpoint.js";
import type { Protocol } from "./verify.js";

/** What a request is judged by. */
export interface Judgement {
  readonly protocol: Protocol;
  readonly greeter: Greeter;
  readonly standpoint: Standpoint;
}

/** What is known of a request under one of its schemes. */
type Finding =
  | { readonly kind: "unknown" }
  | { readonly kind: "asked"; readonly answer: Promise<Authentic> }
  | { readonly kind: "proven"; readonly proof: Authentic }
  | { readonly kind: "refused"; readonly error: unknown };

const UNKNOWN: Finding = { kind: "unknown" };

/** A request under one of its schemes: what is found out once. */
interface Path {
  /** Read on once the content is there, where part of it stands there. */
  claimed: Claimed;
  finding: Finding;
  nonce: NonceClaim | undefined;
}

/**
 * The judgement of one request. Several may ask for it: a middleware, two guards, the fields of a query. What does not
 * depend on the route is found out once: who made the request, and whether its nonce is new. The rule of the route is
 * judged each time, so whoever asks with another rule gets that rule's answer.
 *
 * `authenticate` needs the head of the request alone, unless the scheme's MAC covers the content; the other two need
 * the content. Each answers at once where there is nothing to wait for. Whatever they throw, or reject with, is a
 * refusal.
 */
export class Verification {
  readonly #protocol: Protocol;
  readonly #greeter: Greeter;
  readonly #standpoint: Standpoint;
  readonly #request: SignableRequest;
  readonly #content: Content;
  readonly #paths: Path[] = [];
  #proof: Authentic | undefined;

  constructor(
    { protocol, greeter, standpoint }: Judgement,
    request: SignableRequest,
    content: Content,
  ) {
    this.#protocol = protocol;
    this.#greeter = greeter;
    this.#standpoint = standpoint;
    this.#request = request;
    this.#content = content;
  }

  /** The newest proof of who made the request. */
  get proof(): Authentic | undefined {
    return this.#proof;
  }

  /** The newest claim of its nonce. */
  get claim(): NonceClaim | undefined {
    return this.#paths.findLast(({ nonce }) => nonce !== undefined)?.nonce;
  }

  /** Whether its outcome is waited for: a repeat of it is told by that (`Scheme.redelivery`). */
  get isHeld(): boolean {
    return this.#paths.some(({ nonce }) => nonce?.isHeld === true);
  }

  /**
   * Says what became of the request, once its handler knows: before the end of its answer is sent, so that whoever sends
   * it again at once finds it so.
   * @throws what the store throws; the message then counts as under way until it is forgotten
   */
  conclude(outcome: Outcome): Maybe<void> {
    const ends: Maybe<void>[] = [];
    for (const { nonce } of this.#paths)
      if (nonce?.isHeld === true) ends.push(nonce.conclude(outcome));
    const waiting = ends.filter(isPromise);
    return waiting.length === 0 ? undefined : Promise.all(waiting).then(() => undefined);
  }

  /** Proves who made the request: its head, and its content where the MAC covers that. */
  authenticate(route: RoutePolicy): Maybe<Authentic> {
    return this.#ask(route, (path) => this.#prove(path, route));
  }

  /** `authenticate`, and the content. */
  checkContent(route: RoutePolicy): Maybe<Intact> {
    return this.#ask(route, (path) =>
      after(this.#prove(path, route), (proof) =>
        this.#protocol.checkContent(proof, this.#content, route),
      ),
    );
  }

  /** Whether it may be a first contact that nobody has signed, by its head alone; under this rule, or else under any. */
  mayBeStranger(route?: RoutePolicy): boolean {
    return this.#greeter.candidates(this.#request, route).some(({ contact }) => !contact.isSigned);
  }

  /** What a first contact is answered with, of a scheme that the route takes; undefined where the request is none. */
  greet(route: RoutePolicy): Maybe<Greeting | undefined> {
    const candidates = this.#greeter.candidates(this.#request, route);
    const [first] = candidates;
    if (first === undefined) return undefined;
    if (!first.contact.isSigned)
      return this.#greeter.greetStranger(this.#request, this.#content, candidates);
    return this.#ask(route, (path) =>
      after(this.#prove(path, route), (proof) => {
        const nonce = (path.nonce ??= this.#standpoint.claimOf(proof));
        const checked = this.#protocol.checkContent(proof, this.#content, route);
        return after(checked, (intact) =>
          this.#greeter.greetProven(intact, this.#content, candidates, () =>
            this.#protocol.permit(intact, nonce, route),
          ),
        );
      }),
    );
  }

  /** Whether it is a first contact whose MAC is right. It claims no nonce, so whoever would `admit` it asks first. */
  isSignedContact(route: RoutePolicy): Maybe<boolean> {
    const candidates = this.#greeter.candidates(this.#request, route);
    if (candidates[0]?.contact.isSigned !== true) return false;
    return after(this.checkContent(route), (intact) =>
      after(this.#greeter.meets(intact, this.#content, candidates), (met) => met !== undefined),
    );
  }

  /** All of it, under the server's rule for where the request goes. */
  admit(route: RoutePolicy): Maybe<Principal> {
    return this.#ask(route, (path) =>
      after(this.#prove(path, route), (proof) => {
        path.nonce ??= this.#standpoint.claimOf(proof);
        return this.#protocol.admit(proof, this.#content, path.nonce, route);
      }),
    );
  }

  /**
   * Whether a request that was refused claims a time outside of the window of every route. That depends on nothing but
   * the claimed time, so it may be told whether the MAC was right or not.
   */
  isOutOfTime(refusal: Refusal): boolean {
    if (isInTime(refusal.code)) return false;
    const { scheme: name } = refusal.progress();
    const path =
      this.#paths.find(({ claimed }) => claimed.scheme.name === name) ?? this.#paths.at(-1);
    return path !== undefined && this.#standpoint.isOutOfTime(path.claimed);
  }

  /** Has something found out under the scheme that the request uses; what stops it becomes what may be told. */
  #ask<Answer>(route: RoutePolicy, find: (path: Path) => Maybe<Answer>): Maybe<Answer> {
    const path = this.#pathOf(route);
    try {
      const found = find(path);
      return isPromise(found)
        ? found.then(undefined, (error: unknown) => {
            throw this.#answer(error, path, route);
          })
        : found;
    } catch (error) {
      throw this.#answer(error, path, route);
    }
  }

  /** The scheme of the route that the request uses, and what is known of the request under it. */
  #pathOf(route: RoutePolicy): Path {
    const chosen = this.#protocol.choose(this.#request, route);
    const known = this.#paths.find(({ claimed }) => claimed.scheme === chosen.scheme);
    if (known !== undefined) return known;
    const claimed = this.#protocol.read(chosen, this.#request);
    const path: Path = { claimed, finding: UNKNOWN, nonce: undefined };
    this.#paths.push(path);
    return path;
  }

  #prove(path: Path, route: RoutePolicy): Maybe<Authentic> {
    const { finding } = path;
    if (finding.kind === "unknown") return this.#find(path, route);
    if (finding.kind === "asked") return finding.answer;
    if (finding.kind === "refused") throw finding.error;
    this.#proof = finding.proof;
    return finding.proof;
  }

  #find(path: Path, route: RoutePolicy): Maybe<Authentic> {
    const note = (proof: Authentic): Authentic => {
      path.finding = { kind: "proven", proof };
      this.#proof = proof;
      return proof;
    };
    const refuse = (error: unknown): never => {
      path.finding = isForThisRoute(error) ? UNKNOWN : { kind: "refused", error };
      throw error;
    };
    try {
      const proof = this.#authenticate(path, route);
      if (!isPromise(proof)) return note(proof);
      const answer = proof.then(note, refuse);
      path.finding = { kind: "asked", answer };
      return answer;
    } catch (error) {
      return refuse(error);
    }
  }

  #authenticate(path: Path, route: RoutePolicy): Maybe<Authentic> {
    const claimed = this.#protocol.finish(path.claimed, this.#content, route);
    if (claimed === path.claimed) return this.#protocol.authenticate(claimed, this.#content, route);
    return after(claimed, (whole) => {
      path.claimed = whole;
      return this.#protocol.authenticate(whole, this.#content, route);
    });
  }

  /** Turns what stops a request into what may be told. */
  #answer(error: unknown, { claimed, finding }: Path, route: RoutePolicy): unknown {
    if (!(error instanceof Refusal)) return error;
    return this.#standpoint.answer(error, claimed, finding.kind === "proven", route);
  }
}

/** How much content is taken is the route's to say: another may take more. */
const isForThisRoute = (error: unknown): boolean =>
  error instanceof Refusal && error.code === "content-too-large";
