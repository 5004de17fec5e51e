import { after, type Maybe } from "./after.js";
import type { Content, Intact, Permitted } from "./flow.js";
import type { SignableRequest } from "./http/signable-request.js";
import { systemClock, type Clock } from "./ports/clock.js";
import type { KeyStore } from "./ports/key-store.js";
import type { Scheme } from "./scheme/scheme.js";
import {
  candidatesFor,
  greetProven,
  greetStranger,
  readContact,
  type Candidate,
  type Greeting,
  type Met,
} from "./stages/first-contact.js";
import type { RoutePolicy } from "./stages/route-policy.js";

const NONE: readonly Candidate[] = [];

/**
 * Greets senders: beside the protocol, for what is no message. Signed, it comes after the steps that prove who the sender is
 * and whether it may send here; a nonce is not claimed, since the same bytes may come again. Unsigned, it is a shape.
 */
export class Greeter {
  readonly #schemes: readonly Scheme[];
  readonly #keys: KeyStore;
  readonly #clock: Clock;
  /** Whether any scheme has first contacts. */
  readonly #greets: boolean;

  constructor({
    schemes,
    keys,
    clock = systemClock,
  }: {
    readonly schemes: readonly Scheme[];
    readonly keys: KeyStore;
    readonly clock?: Clock;
  }) {
    this.#schemes = schemes;
    this.#keys = keys;
    this.#clock = clock;
    this.#greets = schemes.some(({ firstContacts = [] }) => firstContacts.length > 0);
  }

  /** The first contacts that a request may be, by its head: of the route's schemes, or else of all. */
  candidates(request: SignableRequest, route?: RoutePolicy): readonly Candidate[] {
    return this.#greets ? candidatesFor(request, this.#schemes, route?.schemes) : NONE;
  }

  /** Whether a sender that has proven who it is sends a first contact, and no message. */
  meets(
    intact: Intact,
    content: Content,
    candidates: readonly Candidate[],
  ): Maybe<Met | undefined> {
    const own = candidates.filter(({ scheme }) => scheme === intact.scheme);
    return own.length === 0 ? undefined : readContact(intact.head, content, own);
  }

  /**
   * Greets a sender that has proven who it is; undefined where this is a message.
   * @param permit says whether it may send here
   */
  greetProven(
    intact: Intact,
    content: Content,
    candidates: readonly Candidate[],
    permit: () => Maybe<Permitted>,
  ): Maybe<Greeting | undefined> {
    return after(this.meets(intact, content, candidates), (met) =>
      met === undefined ? undefined : after(permit(), (sender) => greetProven(met, sender)),
    );
  }

  /** Greets one that has signed nothing; undefined where it has not the shape of a first contact. */
  greetStranger(
    request: SignableRequest,
    content: Content,
    candidates: readonly Candidate[],
  ): Maybe<Greeting | undefined> {
    return after(readContact(request, content, candidates), (met) =>
      met === undefined ? undefined : greetStranger(met, request, this.#keys, this.#clock.nowMs()),
    );
  }
}
