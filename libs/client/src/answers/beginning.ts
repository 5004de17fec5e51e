import { lineOf } from "@lacre/core/portable";

/** How much is read of an answer that is refused. */
const BYTES = 200;
/** How long its reading may take. */
const MS = 500;

/**
 * The first bytes of content as one line of text, for whoever has to find out who made it. Reads what comes within a
 * short time, and no further; whoever owns the content ends it afterwards.
 * @param headers those of the request: what they hold is left out, and so is the query
 * @returns undefined where nothing came
 */
export async function beginningOf(
  chunks: AsyncIterable<Uint8Array>,
  headers: Iterable<readonly [string, string]>,
): Promise<string | undefined> {
  const bytes = await firstBytes(chunks[Symbol.asyncIterator]());
  if (bytes.length === 0) return undefined;
  const isCut = bytes.length === BYTES;
  // As of a stream: the half of a character at the end is no fault.
  const text = new TextDecoder().decode(Uint8Array.from(bytes), { stream: true });
  return lineOf(withoutSecrets(text, isCut, headers));
}

async function firstBytes(iterator: AsyncIterator<Uint8Array>): Promise<readonly number[]> {
  const bytes: number[] = [];
  const read = async (): Promise<void> => {
    while (bytes.length < BYTES) {
      const { done, value } = await iterator.next();
      if (done === true) return;
      bytes.push(...value.subarray(0, BYTES - bytes.length));
    }
  };
  let timer: ReturnType<typeof setTimeout> | undefined;
  const inTime = new Promise<void>((resolve) => (timer = setTimeout(resolve, MS)));
  await Promise.race([read().catch(() => {}), inTime]);
  clearTimeout(timer);
  iterator.return?.().catch(() => {}); // not awaited: some wait for the next chunk first
  return bytes;
}

/** Pages of errors repeat what was asked for, and some of them the whole request. */
function withoutSecrets(
  text: string,
  isCut: boolean,
  headers: Iterable<readonly [string, string]>,
): string {
  const sent = [...headers]
    .flatMap(([name, value]) => secretsIn(name.toLowerCase(), value))
    .sort((one, other) => other.length - one.length) // a part may stand in another
    .reduce((left, secret) => left.replaceAll(inAnyCase(secret), "…"), text)
    .replaceAll(/\?[^\s"<>]+/g, "?…")
    .replaceAll(/[\w+/=-]{24,}/g, "…"); // a signature, a token, a key
  return isCut ? sent.replace(/[^\s<>"…]*$/, "…") : sent; // no half of one either
}

const CREDENTIALS: ReadonlySet<string> = new Set([
  "authorization",
  "cookie",
  "proxy-authorization",
]);

/** What a header holds that is not to be shown. Of credentials, pages show single parts too: one cookie of several. */
function secretsIn(name: string, value: string): readonly string[] {
  const whole = name !== "host" && value.length > 3 ? [value] : [];
  if (!CREDENTIALS.has(name)) return whole;
  const parts = value.split(/[\s;,]+/);
  const values = parts.map((part) => part.replace(/^[^=]*=(?=.)/, "").replaceAll('"', ""));
  return [...whole, ...parts, ...values].filter((part) => part.length > 2);
}

const inAnyCase = (text: string): RegExp =>
  new RegExp(
    text.replaceAll(/[^\w\s]/g, (sign) => `\\${sign}`),
    "gi",
  );
