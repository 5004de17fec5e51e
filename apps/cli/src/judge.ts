import {
  acceptedVerdict,
  chooseScheme,
  contentOf,
  MemoryKeyStore,
  MemoryNonceStore,
  receive,
  Refusal,
  refusedVerdict,
  Verifier,
  type AcceptedAlone,
  type App,
  type Authentic,
  type Claims,
  type Clock,
  type Content,
  type Observer,
  type Origins,
  type RefusedAlone,
  type RoutePolicy,
  type Scheme,
  type SignableRequest,
  type Verification,
} from "@lacre/core";
import { namesPlainPort, type WholeRequest } from "./explain/partial-request.js";

/** How the verifier stands to the world. */
export interface Bench {
  readonly apps: readonly App[];
  readonly schemes: readonly Scheme[];
  readonly origins: Origins;
  readonly clock: Clock;
  readonly pathPrefix?: string;
  /** Where the request came from. Unless it is known, no app may have networks. */
  readonly address?: string | undefined;
  readonly futureSkewSeconds?: number;
  /** What the route asks for; it takes all schemes unless it says which. */
  readonly route: Partial<RoutePolicy>;
}

/** A verdict on a request that nobody sent here. */
export type Judged = AcceptedAlone | RefusedAlone;

/** A verdict, and all that was found out on the way to it. */
export interface Judgement {
  readonly verdict: Judged;
  /** Undefined where the head was not taken in. */
  readonly received?: SignableRequest;
  /** Undefined where none was chosen. */
  readonly scheme?: Scheme;
  /** What the request says of itself; proven where there is a proof. */
  readonly claims?: Claims;
  /** Undefined where nobody made it who holds a key. */
  readonly proof?: Authentic;
}

/** Whoever asks holds the key and the request: there is nothing to hide. */
const SHOWS_ALL: Observer = { canonicalRequests: true, observe: () => {} };

/** Judges a recorded request as a server with these keys would, as if it came for the first time. */
export async function judge(request: WholeRequest, bench: Bench): Promise<Judgement> {
  const { schemes, origins, pathPrefix = "", address } = bench;
  const route = routeOf(bench);
  const seen: { -readonly [Name in keyof Judgement]?: Judgement[Name] } = {};
  let verification: Verification | undefined;
  const found = (verdict: Judged): Judgement => ({
    ...seen,
    // Part of what it says of itself may stand in its content.
    ...(verification?.proof !== undefined && { claims: verification.proof.claims }),
    proof: verification?.proof,
    verdict,
  });
  try {
    const { method, target, headers } = request;
    const secure = !namesPlainPort(request);
    const head = { method, target, rawHeaders: headers.flat(), secure, sender: { address } };
    const received = (seen.received = receive(head, { origins, pathPrefix }));
    verification = verifierOf(bench, route).begin(received, contentIn(request));
    const { scheme, form } = chooseScheme(received, schemes, route.schemes);
    seen.scheme = scheme;
    seen.claims = form.read(received).claims;
    const principal = await verification.admit(route);
    const { canonicalRequest } = verification.proof as Authentic;
    return found(acceptedVerdict(principal, canonicalRequest, SHOWS_ALL));
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return found(refusedVerdict(error, SHOWS_ALL, verification?.proof));
  }
}

const routeOf = ({ schemes, route }: Bench): RoutePolicy => ({
  signedHeaders: [],
  scopes: [],
  stream: false,
  schemes: schemes.map(({ name }) => name),
  ...route,
});

/** Its memory of nonces ends with it. */
const verifierOf = (
  { apps, schemes, clock, futureSkewSeconds = 5 }: Bench,
  route: RoutePolicy,
): Verifier =>
  new Verifier({
    schemes,
    routes: [route],
    keys: new MemoryKeyStore(apps),
    nonces: new MemoryNonceStore({ clock, fence: false }),
    window: { maxAgeSeconds: 300, futureSkewSeconds, clockSpreadSeconds: 25 },
    clock,
  });

function contentIn({ content, complete }: WholeRequest): Content {
  if (complete) return contentOf(content);
  const settle = (): never => {
    throw new Refusal("content-incomplete", `${content.length} bytes are there`);
  };
  return { ...contentOf(content), settle };
}
