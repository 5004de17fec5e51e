import { after, type Maybe } from "./after.js";
import type { Content, Intact } from "./flow.js";
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
import type { VerifierOptions } from "./stages/standpoint.js";
import type { Verification } from "./verification.js";

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
  readonly greets: boolean;

  constructor({ schemes, keys, clock = systemClock }: VerifierOptions) {
    this.#schemes = schemes;
    this.#keys = keys;
    this.#clock = clock;
    this.greets = schemes.some(({ firstContacts = [] }) => firstContacts.length > 0);
  }

  /** Whether the content of a request is to be kept, since it may be a first contact, by its head alone. */
  mayBeOne(request: SignableRequest): boolean {
    return this.#candidates(request).length > 0;
  }

  /** Whether it may be one that nobody has signed, by its head alone; under this rule, or else under any. */
  mayBeStranger({ request }: Verification, route?: RoutePolicy): boolean {
    return this.#candidates(request, route).some(({ contact }) => !contact.isSigned);
  }

  /**
   * What a first contact is answered with, of a scheme that the route takes; undefined where the request is none.
   * @throws Refusal, as a rejection too
   */
  greet(verification: Verification, route: RoutePolicy): Maybe<Greeting | undefined> {
    const candidates = this.#candidates(verification.request, route);
    const [first] = candidates;
    if (first === undefined) return undefined;
    if (!first.contact.isSigned) return this.#greetStranger(verification, candidates);
    return verification.examine(route, (intact, permit) =>
      after(readOwn(intact, verification.content, candidates), (met) =>
        met === undefined ? undefined : after(permit(), (sender) => greetProven(met, sender)),
      ),
    );
  }

  /** Whether it is a first contact whose MAC is right. It claims no nonce, so whoever would `admit` it asks first. */
  isProven(verification: Verification, route: RoutePolicy): Maybe<boolean> {
    const candidates = this.#candidates(verification.request, route);
    if (candidates[0]?.contact.isSigned !== true) return false;
    return after(verification.checkContent(route), (intact) =>
      after(readOwn(intact, verification.content, candidates), (met) => met !== undefined),
    );
  }

  /** Greets one that has signed nothing; undefined where it has not the shape of a first contact. */
  #greetStranger(
    { request, content }: Verification,
    candidates: readonly Candidate[],
  ): Maybe<Greeting | undefined> {
    return after(readContact(request, content, candidates), (met) =>
      met === undefined ? undefined : greetStranger(met, request, this.#keys, this.#clock.nowMs()),
    );
  }

  /** The first contacts that a request may be, by its head: of the route's schemes, or else of all. */
  #candidates(request: SignableRequest, route?: RoutePolicy): readonly Candidate[] {
    return this.greets ? candidatesFor(request, this.#schemes, route?.schemes) : NONE;
  }
}

/** The one that a sender sends who has proven who it is; undefined where that is a message. */
function readOwn(
  { head, scheme }: Intact,
  content: Content,
  candidates: readonly Candidate[],
): Maybe<Met | undefined> {
  const own = candidates.filter((each) => each.scheme === scheme);
  return own.length === 0 ? undefined : readContact(head, content, own);
}
