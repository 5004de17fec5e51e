import { Refusal } from "./errors.js";
import type { Authentic, Claims, Content, Intact, Principal } from "./flow.js";
import type { SignableRequest } from "./http/signable-request.js";
import type { NonceClaim } from "./stages/nonce-claim.js";
import type { NonceNeeds } from "./ports/nonce-store.js";
import { isInTime } from "./stages/replay.js";
import type { RoutePolicy } from "./stages/route-policy.js";
import type { Scheme } from "./scheme/scheme.js";
import { Protocol, type VerifierOptions } from "./verify.js";

/**
 * Judges requests. What it needs to know of all routes it is told once, since a request that one of them takes must not
 * be new to another.
 */
export class Verifier {
  readonly #protocol: Protocol;

  constructor(options: VerifierOptions) {
    this.#protocol = new Protocol(options);
  }

  /** What `start` of the nonce store is to be told. */
  get needs(): NonceNeeds {
    return this.#protocol.needs;
  }

  /**
   * Until when requests may be refused because the nonce store's memory begins too late for them: for how many seconds
   * more those that are signed now are. 0 where none is.
   */
  get fencedForSeconds(): number {
    return this.#protocol.fencedForSeconds;
  }

  /**
   * Tries whether nonces can be claimed now, as a health check does. A store that works again is taken for one that
   * works from then on, though no request has come meanwhile.
   * @throws what the store throws, such as NonceStoreClockError
   */
  async probeNonces(): Promise<void> {
    await this.#protocol.probeNonces();
  }

  /** Begins to judge one request; nothing is looked at yet. */
  begin(request: SignableRequest, content: Content): Verification {
    return new Verification(this.#protocol, request, content);
  }

  /**
   * Judges a request that one rule alone is asked about.
   * @throws Refusal
   */
  verify(request: SignableRequest, content: Content, route: RoutePolicy): Promise<Principal> {
    return this.begin(request, content).admit(route);
  }
}

/** A request under one of its schemes: what is found out once. */
interface Path {
  readonly scheme: Scheme;
  readonly claims: Claims;
  proof: Promise<Authentic> | undefined;
  /** The outcome of `proof`, once there is one. */
  proven: Authentic | undefined;
  nonce: NonceClaim | undefined;
}

/**
 * The judgement of one request. Several may ask for it: a middleware, two guards, the fields of a query. What does not
 * depend on the route is found out once: who made the request, and whether its nonce is new. The rule of the route is
 * judged each time, so whoever asks with another rule gets that rule's answer.
 *
 * `authenticate` needs the head of the request alone, unless the scheme's MAC covers the content; the other two need
 * the content. Whatever they throw is a refusal.
 */
export class Verification {
  readonly #protocol: Protocol;
  readonly #request: SignableRequest;
  readonly #content: Content;
  readonly #paths: Path[] = [];
  #proof: Authentic | undefined;

  constructor(protocol: Protocol, request: SignableRequest, content: Content) {
    this.#protocol = protocol;
    this.#request = request;
    this.#content = content;
  }

  /** The newest proof of who made the request. */
  get proof(): Authentic | undefined {
    return this.#proof;
  }

  /** Proves who made the request: its head, and its content where the MAC covers that. */
  async authenticate(route: RoutePolicy): Promise<Authentic> {
    const path = this.#pathOf(route);
    try {
      return this.#note(path, await this.#prove(path, route));
    } catch (error) {
      throw this.#answer(error, path, route);
    }
  }

  /** `authenticate`, and the content. */
  async checkContent(route: RoutePolicy): Promise<Intact> {
    const path = this.#pathOf(route);
    try {
      const proof = this.#note(path, await this.#prove(path, route));
      return await this.#protocol.checkContent(proof, this.#content, route);
    } catch (error) {
      throw this.#answer(error, path, route);
    }
  }

  /** All of it, under the server's rule for where the request goes. */
  async admit(route: RoutePolicy): Promise<Principal> {
    const path = this.#pathOf(route);
    try {
      const proof = this.#note(path, await this.#prove(path, route));
      path.nonce ??= this.#protocol.nonceOf(path.scheme, proof);
      return await this.#protocol.admit(path.scheme, proof, this.#content, path.nonce, route);
    } catch (error) {
      throw this.#answer(error, path, route);
    }
  }

  /**
   * Whether a request that was refused claims a time outside of the window of every route. That depends on nothing but
   * the claimed time, so it may be told whether the MAC was right or not.
   */
  isOutOfTime(refusal: Refusal): boolean {
    if (isInTime(refusal.code)) return false;
    const { scheme: name } = refusal.progress();
    const path = this.#paths.find(({ scheme }) => scheme.name === name) ?? this.#paths.at(-1);
    return path !== undefined && this.#protocol.isOutOfTime(path.scheme, path.claims);
  }

  /** The scheme of the route that the request uses, and what is known of the request under it. */
  #pathOf(route: RoutePolicy): Path {
    const scheme = this.#protocol.choose(this.#request, route);
    const known = this.#paths.find((path) => path.scheme === scheme);
    if (known !== undefined) return known;
    const claims = this.#protocol.read(scheme, this.#request);
    const path: Path = { scheme, claims, proof: undefined, proven: undefined, nonce: undefined };
    this.#paths.push(path);
    return path;
  }

  #prove(path: Path, route: RoutePolicy): Promise<Authentic> {
    const { scheme, claims } = path;
    return (path.proof ??= this.#protocol.authenticate(
      scheme,
      claims,
      this.#request,
      this.#content,
      route,
    ));
  }

  #note(path: Path, proof: Authentic): Authentic {
    path.proven = proof;
    this.#proof = proof;
    return proof;
  }

  /** Turns what stops a request into what may be told. */
  #answer(error: unknown, path: Path, route: RoutePolicy): unknown {
    if (!(error instanceof Refusal)) return error;
    // How much content is taken is the route's to say: another may take more.
    if (error.code === "content-too-large") path.proof = undefined;
    return this.#protocol.answer(error, path, route);
  }
}
