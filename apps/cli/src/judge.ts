import {
  acceptedVerdict,
  contentOf,
  MemoryKeyStore,
  MemoryNonceStore,
  Origins,
  receive,
  Refusal,
  refusedVerdict,
  Verifier,
  type Authentic,
  type Clock,
  type Content,
  type Observer,
  type AcceptedAlone,
  type RefusedAlone,
  type Verification,
} from "@lacre/core";
import type { ReadCredentials } from "./credentials.js";
import type { RawRequest } from "./http/raw-request.js";

/** How the verifier stands to the world. */
export interface Bench {
  readonly credentials: ReadCredentials;
  readonly origins: Origins;
  readonly clock: Clock;
  /** How old a request may be, whatever the scheme says; by the scheme, or 300, where nobody said. */
  readonly maxAgeSeconds: number | undefined;
  /** How long a presigned URL may live. */
  readonly presignedSeconds: number;
}

/** A verdict on a request that nobody sent here. */
export type Judged = AcceptedAlone | RefusedAlone;

/** The user holds the key and the request: there is nothing to hide. */
const SHOWS_ALL: Observer = { canonicalRequests: true, observe: () => {} };

/** Judges a recorded request as a server with these keys would, as if it came for the first time. */
export async function judge(
  raw: RawRequest,
  { credentials, origins, clock, maxAgeSeconds, presignedSeconds }: Bench,
): Promise<Judged> {
  const { app, scheme } = credentials;
  const route = {
    schemes: [scheme.name],
    signedHeaders: [],
    scopes: [],
    presignedSeconds,
    stream: false,
    ...(maxAgeSeconds !== undefined && { maxAgeSeconds }),
  };
  const verifier = new Verifier({
    schemes: [scheme],
    routes: [route],
    keys: new MemoryKeyStore([app]),
    nonces: new MemoryNonceStore({ clock, fence: false }),
    window: { maxAgeSeconds: 300, futureSkewSeconds: 5, clockSpreadSeconds: 25 },
    clock,
  });
  let verification: Verification | undefined;
  try {
    const content = readContent(raw);
    const request = receive(
      { ...raw.head, secure: !namesPlainPort(raw) },
      { origins, pathPrefix: "" },
    );
    verification = verifier.begin(request, content);
    const principal = await verification.admit(route);
    const { canonicalRequest } = verification.proof as Authentic;
    return acceptedVerdict(principal, canonicalRequest, SHOWS_ALL);
  } catch (error) {
    if (error instanceof Refusal) return refusedVerdict(error, SHOWS_ALL, verification?.proof);
    throw error;
  }
}

function readContent({ content, complete }: RawRequest): Content {
  if (complete) return contentOf(content);
  const settle = (): never => {
    throw new Refusal("content-incomplete", `${content.length} bytes are there`);
  };
  return { ...contentOf(content), settle };
}

/** A recording does not say whether it went over TLS, which matters only for a default port that is written out. */
function namesPlainPort({ head }: RawRequest): boolean {
  const at = head.rawHeaders.findIndex((name, i) => i % 2 === 0 && name.toLowerCase() === "host");
  return /:80\s*$/.test(head.rawHeaders[at + 1] ?? "");
}
