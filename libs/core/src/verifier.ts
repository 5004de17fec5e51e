import type { Content } from "./flow.js";
import { Greeter } from "./greeter.js";
import type { SignableRequest } from "./http/signable-request.js";
import type { NonceNeeds } from "./ports/nonce-store.js";
import type { Principal } from "./principal.js";
import type { ContentUse } from "./scheme/claims.js";
import type { RoutePolicy } from "./stages/route-policy.js";
import { Standpoint, type VerifierOptions } from "./stages/standpoint.js";
import { Verification, type Judgement } from "./verification.js";
import { Protocol } from "./verify.js";

/**
 * Judges requests. What it needs to know of all routes it is told once, since a request that one of them takes must not
 * be new to another.
 */
export class Verifier {
  /** Greets those who send no message. */
  readonly greeter: Greeter;
  readonly #judgement: Judgement;

  constructor(options: VerifierOptions) {
    const standpoint = new Standpoint(options);
    this.greeter = new Greeter(options);
    this.#judgement = { protocol: new Protocol(options, standpoint), standpoint };
  }

  /** What `start` of the nonce store is to be told. */
  get needs(): NonceNeeds {
    return this.#judgement.standpoint.needs;
  }

  /**
   * Until when requests may be refused because the nonce store's memory begins too late for them: for how many seconds
   * more those that are signed now are. 0 where none is.
   */
  get fencedForSeconds(): number {
    return this.#judgement.standpoint.fencedForSeconds;
  }

  /**
   * Tries whether nonces can be claimed now, as a health check does. A store that works again is taken for one that
   * works from then on, though no request has come meanwhile.
   * @throws what the store throws, such as NonceStoreClockError
   */
  async probeNonces(): Promise<void> {
    await this.#judgement.standpoint.probeNonces();
  }

  /** Begins to judge one request; nothing is looked at yet. */
  begin(request: SignableRequest, content: Content): Verification {
    return new Verification(this.#judgement, request, content);
  }

  /**
   * Judges a request that one rule alone is asked about.
   * @throws Refusal
   */
  async verify(request: SignableRequest, content: Content, route: RoutePolicy): Promise<Principal> {
    return this.begin(request, content).admit(route);
  }

  /**
   * What must be known of the content of a request while it arrives: nothing where it carries no credentials. Whoever
   * sees the content hands it over as this says (`Content`).
   */
  contentUses(request: SignableRequest): readonly ContentUse[] {
    const uses = this.#judgement.protocol.contentUses(request);
    // A first contact is read by its content, whatever else may be known of that.
    const isRead = !uses.includes("bytes") && this.greeter.mayBeOne(request);
    return isRead ? [...uses, "bytes"] : uses;
  }
}
