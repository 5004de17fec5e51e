import type { KeyRules } from "../apps/apps.js";
import type { Secret } from "../crypto/secret.js";
import type { RefusalCode } from "../errors.js";
import type { SignableRequest } from "../http/signable-request.js";
import type { Window } from "../window.js";
import type { Claims, ContentUse } from "./claims.js";
import type { FirstContact } from "./first-contact.js";
import type { Draft, Moment, PresignedMoment, Signatory, UnsignedRequest } from "./draft.js";
import type { Redelivery } from "./redelivery.js";
import type { AnsweredRequest, HeaderEntry, ResponseScheme } from "./response-scheme.js";

/**
 * One wire format: its grammar, its canonical text, its MAC. A scheme keeps no state and does no I/O, and
 * schemes do not know each other.
 */
export interface Scheme extends KeyRules {
  /** The name by which configuration and routes speak of it: `lacre1`. */
  readonly name: string;
  /** What `WWW-Authenticate` names (RFC 9110 §11.6.1). */
  readonly challenges: readonly string[];
  /** What is set on every 401 beside `WWW-Authenticate`, where the scheme has such: always the same. */
  readonly refusalHeaders?: readonly HeaderEntry[];
  /** How long requests of this scheme are good by its own custom, where that is not as the server says. */
  readonly window?: CustomWindow;
  /**
   * Whether one message may carry MACs of several keys. Whichever of them is shown, it is the same message and good once;
   * in all other schemes, what is made with another key is another request.
   */
  readonly takesSeveralMacs?: boolean;
  /** How a message that comes again is treated. Each is refused unless said. */
  readonly redelivery?: Redelivery;
  /** What this scheme does not protect from, a sentence each. Said at every start unless acknowledged. */
  readonly weaknesses?: readonly string[];
  /** What a refusal means in this format, where its code alone would not say. For `lacre explain` and for people. */
  readonly explanations?: Readonly<Partial<Record<RefusalCode, string>>>;

  /** What senders send before any message, and how it is answered; none unless the options name it. */
  readonly firstContacts?: readonly FirstContact[];

  /** What all its requests are like, where its options say so: a start warns where none of them could pass. */
  readonly traits?: Traits;

  /** Credentials in the headers of a request. */
  readonly header: Form;
  /** Credentials in the URL, where the scheme has such. They come before those in the headers. */
  readonly presigned?: Form<PresignedMoment>;
  /** How responses are signed, where the scheme has such. */
  readonly responses?: ResponseScheme;

  /**
   * What `WWW-Authenticate` says to the holder of a key whose authentic request is refused with this code; the default
   * challenge where it is undefined.
   */
  challenge?(code: RefusalCode, request: AuthenticRequest, nowSeconds: number): string | undefined;
}

/** What is known of every request of a scheme before any has come. */
export interface Traits {
  /** The app that all of them are of. */
  readonly appId?: string;
  /** The only headers that they can have signed, in lower case. */
  readonly signedHeaders?: readonly string[];
  /** Their content must be there before the MAC can be judged, so none can pass a streamed route. */
  readonly isWhole?: boolean;
}

/** What a format says of time, where that is not as the server says. */
export interface CustomWindow extends Partial<Pick<Window, "maxAgeSeconds" | "futureSkewSeconds">> {
  /**
   * Whether the future skew is a tolerance for the clocks of senders, which a memory store need not make up for after its
   * start: where it is longer than the server's, it then refuses only what was signed before the second of the start.
   */
  readonly isTolerant?: boolean;
}

/** One place in a request where credentials of a scheme stand. */
export interface Form<When extends Moment = Moment> {
  /** Whether the request carries credentials of this form, right or wrong. */
  recognises(request: SignableRequest): boolean;

  /**
   * Whether the credentials are in the content, so that `recognises` can but say of a head that they may be there. On a
   * route that does not take the scheme such a request counts as one without credentials. Signing sets headers and URL
   * alone, so nothing is signed in such a form.
   */
  readonly isInContent?: boolean;

  /** Where the credentials stand, in words for the log: `header x-acme-signature`. Needless where that is Authorization. */
  readonly place?: string;

  /** What must be known of the content while it arrives, seen from the head, nothing checked. */
  contentUse(request: SignableRequest): ContentUse;

  /**
   * Reads the credentials, once, and checks what they cover.
   * @throws Refusal
   */
  read(request: SignableRequest): Reading;

  /** How many MACs, each by a key of its own, `write` can put into one request; one unless given. */
  readonly mostMacs?: number;

  /**
   * Prepares a request for its MAC: the mirror of `read`.
   * @throws Refusal for a request that no server would accept
   */
  write(request: UnsignedRequest, signatory: Signatory, when: When): Draft;
}

/** What was read of a request. */
export interface Reading {
  readonly claims: Claims;
  /**
   * The canonical request: what was signed, a code point for each byte.
   * @param content what the MAC covers and the head does not hold: the digest in hex or the bytes, as the claims say
   */
  readonly text: (content?: string) => string;
  /**
   * Reads on where part of the credentials stands in the content, once that is there. Until then the claims are those of
   * the head: without a MAC, and with the time of arrival where the head has none. What comes of it needs no more.
   * @param content its bytes, a code point each; `contentUse` must ask for them
   * @param maxBytes how many the route takes
   * @throws Refusal
   */
  readonly finish?: (content: string, maxBytes: number) => Reading;
}

/** A request that the holder of a key has made. */
export interface AuthenticRequest extends AnsweredRequest {
  readonly key: { readonly secret: Secret };
}

/** The form in which a request carries credentials of a scheme; undefined where it carries none. */
export function formOf(scheme: Scheme, request: SignableRequest): Form | undefined {
  const { header, presigned } = scheme;
  if (presigned?.recognises(request) === true) return presigned as unknown as Form;
  return header.recognises(request) ? header : undefined;
}
