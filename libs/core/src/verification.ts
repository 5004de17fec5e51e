import { after, isPromise, type Maybe } from "./after.js";
import { Refusal } from "./errors.js";
import type { Authentic, Claimed, Content, Intact, Permitted } from "./flow.js";
import type { SignableRequest } from "./http/signable-request.js";
import type { Principal } from "./principal.js";
import type { HeldClaim } from "./stages/held-claim.js";
import type { NonceClaim } from "./stages/nonce-claim.js";
import { isInTime } from "./stages/out-of-time.js";
import type { RoutePolicy } from "./stages/route-policy.js";
import type { Standpoint } from "./stages/standpoint.js";
import type { Protocol } from "./verify.js";

/** What a request is judged by. */
export interface Judgement {
  readonly protocol: Protocol;
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
 * `authenticate` needs the head of the request alone, unless the scheme's MAC covers the content; the others need
 * the content. Each answers at once where there is nothing to wait for. Whatever they throw, or reject with, is a
 * refusal.
 */
export class Verification {
  readonly #protocol: Protocol;
  readonly #standpoint: Standpoint;
  readonly request: SignableRequest;
  readonly content: Content;
  readonly #paths: Path[] = [];
  #proof: Authentic | undefined;

  constructor({ protocol, standpoint }: Judgement, request: SignableRequest, content: Content) {
    this.#protocol = protocol;
    this.#standpoint = standpoint;
    this.request = request;
    this.content = content;
  }

  /** The newest proof of who made the request. */
  get proof(): Authentic | undefined {
    return this.#proof;
  }

  /** The newest claim of its nonce. */
  get claim(): NonceClaim | undefined {
    return this.#paths.findLast(({ nonce }) => nonce !== undefined)?.nonce;
  }

  /** The claims that wait to be told what became of the request (`Scheme.redelivery`). */
  get held(): readonly HeldClaim[] {
    return this.#paths.flatMap(({ nonce }) => (nonce?.held?.isHeld === true ? [nonce.held] : []));
  }

  /** Proves who made the request: its head, and its content where the MAC covers that. */
  authenticate(route: RoutePolicy): Maybe<Authentic> {
    return this.#ask(route, (path) => this.#prove(path, route));
  }

  /** `authenticate`, and the content. */
  checkContent(route: RoutePolicy): Maybe<Intact> {
    return this.#ask(route, (path) => this.#checkContent(path, route));
  }

  /**
   * `checkContent`, and what somebody makes of the request instead of letting it in.
   * @param make may ask whether its sender may send it here: all of `admit` but the claim of its nonce
   */
  examine<Made>(
    route: RoutePolicy,
    make: (intact: Intact, permit: () => Maybe<Permitted>) => Maybe<Made>,
  ): Maybe<Made> {
    return this.#ask(route, (path) =>
      after(this.#checkContent(path, route), (intact) =>
        make(intact, () => this.#protocol.permit(intact, this.#claimOf(path, intact), route)),
      ),
    );
  }

  /** All of it, under the server's rule for where the request goes. */
  admit(route: RoutePolicy): Maybe<Principal> {
    return this.#ask(route, (path) =>
      after(this.#prove(path, route), (proof) =>
        this.#protocol.admit(proof, this.content, this.#claimOf(path, proof), route),
      ),
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
    const chosen = this.#protocol.choose(this.request, route);
    const known = this.#paths.find(({ claimed }) => claimed.scheme === chosen.scheme);
    if (known !== undefined) return known;
    const claimed = this.#protocol.read(chosen, this.request);
    const path: Path = { claimed, finding: UNKNOWN, nonce: undefined };
    this.#paths.push(path);
    return path;
  }

  #claimOf(path: Path, proof: Authentic): NonceClaim {
    return (path.nonce ??= this.#standpoint.claimOf(proof));
  }

  #checkContent(path: Path, route: RoutePolicy): Maybe<Intact> {
    return after(this.#prove(path, route), (proof) =>
      this.#protocol.checkContent(proof, this.content, route),
    );
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
    const claimed = this.#protocol.finish(path.claimed, this.content, route);
    if (claimed === path.claimed) return this.#protocol.authenticate(claimed, this.content, route);
    return after(claimed, (whole) => {
      path.claimed = whole;
      return this.#protocol.authenticate(whole, this.content, route);
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
