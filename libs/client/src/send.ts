import type { HeaderEntry, RequestToSign } from "@lacre/core";
import { ConfigurationError, Refusal, ResponseRefusal } from "@lacre/core/portable";
import { mayRunTwice, type Answer, type Attempt, type Exchange, type Verdict } from "./exchange.js";
import { valueOf } from "./header-lines.js";
import { unlessAborted } from "./unless-aborted.js";

/** A request on its way to some HTTP library. */
export interface Outgoing<Body> {
  readonly method: string;
  readonly url: URL;
  /** Path and query as the library sends them, if `URL` would spell them in another way. */
  readonly target?: string | undefined;
  readonly headers: readonly HeaderEntry[];
  /** What is signed of the content. */
  readonly content?: RequestToSign["content"];
  /** The content that the library gets. */
  readonly body: Body | undefined;
  /** Ends all of it: attempts, pauses between them, and whatever a signature or its check waits for. */
  readonly signal?: AbortSignal | undefined;
}

/** An answer whose content has not been read yet. */
export interface OpenAnswer extends Answer {
  /** Releases an answer that nobody will read. */
  discard(): void;
}

/** Sends once; follows nothing and repeats nothing. */
export type Transmit<Body, T> = (request: Outgoing<Body>, attempt: Attempt) => Promise<T>;

const FIRST_PAUSE_MS = 200;
/** Longer than the fence of a shared store with default settings: 31 s. */
const LONGEST_PAUSE_MS = 35_000;

/**
 * Sends a request: each attempt is signed anew, each answer is judged. Repeats only what may run twice, and
 * follows redirects only to the same origin.
 * @param wouldFailAgain of the library's own errors, those after which nothing is repeated
 * @throws Refusal, ResponseRefusal, and whatever the library throws
 */
export async function send<Body, T extends OpenAnswer>(
  exchange: Exchange,
  first: Outgoing<Body>,
  transmit: Transmit<Body, T>,
  wouldFailAgain: (error: unknown) => boolean = () => false,
): Promise<T> {
  const { retries, redirects } = exchange.settings;
  let request = first;
  let repeats = 0;
  let hops = 0;
  let attempt: Attempt | undefined;
  for (;;) {
    attempt = await unlessAborted(exchange.attempt(request, attempt), request.signal);
    const mayRepeat = repeats < retries && mayRunTwice(request);
    let answer: T;
    try {
      const headers = merge(request.headers, attempt.headers);
      answer = await transmit({ ...request, headers }, attempt);
    } catch (error) {
      const isOver = isFinal(error) || wouldFailAgain(error) || request.signal?.aborted === true;
      if (!mayRepeat || isOver) throw error;
      await pause(FIRST_PAUSE_MS * 2 ** repeats++, request.signal);
      continue;
    }
    const pauseMs = mayRepeat && answer.status === 503 ? pauseAsked(answer, repeats) : undefined;
    if (pauseMs !== undefined) {
      answer.discard();
      repeats++;
      await pause(pauseMs, request.signal);
      continue;
    }
    const verdict = await judged(attempt, answer, request.signal);
    if (verdict === "repeat") {
      answer.discard();
      continue;
    }
    const next = hops < redirects ? redirectOf(request, answer) : undefined;
    if (next === undefined) return answer;
    hops++;
    answer.discard();
    request = next;
  }
}

async function judged(
  attempt: Attempt,
  answer: OpenAnswer,
  signal: AbortSignal | undefined,
): Promise<Verdict> {
  try {
    return await unlessAborted(attempt.judge(answer), signal);
  } catch (error) {
    answer.discard();
    throw error;
  }
}

/** An error of this package: the same request would fail again. */
export const isFinal = (error: unknown): error is Error =>
  error instanceof ConfigurationError ||
  error instanceof Refusal ||
  error instanceof ResponseRefusal;

function merge(headers: readonly HeaderEntry[], signed: readonly HeaderEntry[]): HeaderEntry[] {
  const replaced = new Set(signed.map(([name]) => name.toLowerCase()));
  return [...headers.filter(([name]) => !replaced.has(name.toLowerCase())), ...signed];
}

/** The pause of `Retry-After` (RFC 9110 §10.2.3), in milliseconds; undefined if it is longer than the longest. */
function pauseAsked({ headers }: Answer, repeats: number): number | undefined {
  const asked = valueOf(headers, "retry-after") ?? "";
  const ms = /^\d+$/.test(asked)
    ? Number(asked) * 1000
    : (untilDate(asked, valueOf(headers, "date")) ?? FIRST_PAUSE_MS * 2 ** repeats);
  return ms <= LONGEST_PAUSE_MS ? ms : undefined;
}

/** An IMF-fixdate (RFC 9110 §5.6.7). */
const HTTP_DATE = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;

/** How long it is until a date, by the clock of who wrote it, if that says what time it is. */
function untilDate(date: string, now: string | undefined): number | undefined {
  if (!HTTP_DATE.test(date)) return undefined;
  const nowMs = now !== undefined && HTTP_DATE.test(now) ? Date.parse(now) : Date.now();
  const ms = Date.parse(date) - nowMs;
  return Number.isNaN(ms) ? undefined : Math.max(0, ms);
}

async function pause(ms: number, signal?: AbortSignal): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    await unlessAborted(new Promise((resolve) => (timer = setTimeout(resolve, ms))), signal);
  } finally {
    clearTimeout(timer);
  }
}

/** As in `https://name:password@host/`. */
export const hasCredentials = ({ username, password }: URL): boolean =>
  username !== "" || password !== "";

const CONTENT_HEADERS = /^content-/i;

/**
 * The request that the answer redirects to (RFC 9110 §15.4); undefined for none, for another origin, and for a URL with
 * credentials: libraries would send those in place of the signature.
 */
export function redirectOf<Body>(
  request: Outgoing<Body>,
  { status, headers }: Pick<Answer, "status" | "headers">,
): Outgoing<Body> | undefined {
  const location = valueOf(headers, "location");
  if (location === undefined || ![301, 302, 303, 307, 308].includes(status)) return undefined;
  if (!URL.canParse(location, request.url.href)) return undefined;
  const url = new URL(location, request.url.href);
  if (url.origin !== request.url.origin || hasCredentials(url)) return undefined;
  const { method } = request;
  const becomesGet = (status === 303 && method !== "HEAD") || (status <= 302 && method === "POST");
  if (!becomesGet) return { ...request, url, target: undefined };
  const kept = request.headers.filter(([name]) => !CONTENT_HEADERS.test(name));
  return { method: "GET", url, headers: kept, body: undefined, signal: request.signal };
}
