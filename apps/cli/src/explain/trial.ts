import { createHash } from "node:crypto";
import { Secret, type KeyEncoding, type MacAlgorithm } from "@lacre/core";
import type { MacRecipe } from "@lacre/core/scheme";
import { axesOf, type Axis, type Candidate } from "./variants.js";
import type { View } from "./view.js";

/*
 * Why a signature does not fit, found by making the mistake again: of each way in which keys, texts and MACs are known
 * to go wrong, is this the one whose outcome the client sent? What comes out is a name, never a MAC.
 */

/** What came of it. */
export type Trial =
  | { readonly outcome: "fits" }
  | {
      readonly outcome: "explained";
      /** The names of the mistakes with key, text and MAC; none where another text is all of it. */
      readonly mistakes: readonly string[];
      /** What was signed, where it is another text than the view's. */
      readonly signed: Candidate | undefined;
    }
  | { readonly outcome: "unexplained" };

interface Way<From, To> {
  readonly id: string;
  readonly make: (from: From) => To;
}

/** The key as the configuration writes it. */
export interface TrialKey {
  readonly text: string;
  readonly encoding: KeyEncoding;
}

const RIGHT = "right";

const keyText = ({ text }: TrialKey): string => text.replace(/^(?:lk1|whsec)_/, "");

function bytesOf({ text, encoding }: TrialKey): Buffer {
  if (encoding === "text") return Buffer.from(text, "utf8");
  if (encoding === "whsec") return Buffer.from(keyText({ text, encoding }), "base64");
  return Buffer.from(keyText({ text, encoding }), encoding === "lk1" ? "base64url" : encoding);
}

const KEYS: readonly Way<TrialKey, Buffer | undefined>[] = [
  { id: RIGHT, make: bytesOf },
  { id: "key-as-text", make: ({ text }) => Buffer.from(text) },
  { id: "key-as-text-without-prefix", make: (key) => Buffer.from(keyText(key)) },
  { id: "key-with-line-end", make: ({ text }) => Buffer.from(`${text}\n`) },
  { id: "key-with-line-end", make: ({ text }) => Buffer.from(`${text}\r\n`) },
  { id: "key-with-line-end", make: (key) => Buffer.from(`${keyText(key)}\n`) },
  { id: "key-with-line-end", make: (key) => Buffer.concat([bytesOf(key), Buffer.from("\n")]) },
  { id: "key-in-base64", make: (key) => Buffer.from(bytesOf(key).toString("base64")) },
  { id: "key-in-hex", make: (key) => Buffer.from(bytesOf(key).toString("hex")) },
  { id: "key-in-hex", make: (key) => Buffer.from(bytesOf(key).toString("hex").toUpperCase()) },
  {
    id: "key-decoded-with-prefix",
    make: ({ text, encoding }) => (encoding === "lk1" ? Buffer.from(text, "base64url") : undefined),
  },
  {
    id: "key-decoded-with-prefix",
    make: ({ text, encoding }) => (encoding === "lk1" ? lax(text) : undefined),
  },
  {
    id: "key-decoded-by-other-alphabet",
    make: (key) => (key.encoding === "lk1" ? lax(keyText(key)) : undefined),
  },
  {
    id: "key-decoded-though-text",
    make: (key) => (key.encoding === "text" ? Buffer.from(keyText(key), "base64") : undefined),
  },
  {
    id: "key-decoded-though-text",
    make: ({ text, encoding }) => (encoding === "text" ? Buffer.from(text, "hex") : undefined),
  },
  { id: "key-through-text", make: (key) => Buffer.from(bytesOf(key).toString("utf8")) },
  { id: "key-through-text", make: (key) => Buffer.from(bytesOf(key).toString("latin1")) },
];

/** Decoders of base64 that drop what they do not know, `-` and `_` among it: PHP's and Python's. */
const lax = (text: string): Buffer => Buffer.from(text.replace(/[^A-Za-z0-9+/]/g, ""), "base64");

const latin1 = (text: string): Buffer => Buffer.from(text, "latin1");

interface TextWay {
  readonly id: string;
  /** Makes sense of lines alone: to content the same happens before it is signed. */
  readonly ofLines?: true;
  /** @param payload the content, where the text is made of it */
  readonly make: (text: string, payload: string | undefined) => Buffer;
}

const TEXTS: readonly TextWay[] = [
  { id: RIGHT, make: latin1 },
  { id: "text-of-content-alone", make: (text, payload = text) => latin1(payload) },
  { id: "text-with-line-end", ofLines: true, make: (text) => latin1(`${text}\n`) },
  { id: "text-with-crlf", ofLines: true, make: (text) => latin1(text.replaceAll("\n", "\r\n")) },
  {
    id: "text-with-crlf",
    ofLines: true,
    make: (text) => latin1(`${text.replaceAll("\n", "\r\n")}\r\n`),
  },
  { id: "text-with-byte-order-mark", ofLines: true, make: (text) => latin1(`\xef\xbb\xbf${text}`) },
  {
    id: "text-with-literal-line-ends",
    ofLines: true,
    make: (text) => latin1(text.replaceAll("\n", "\\n")),
  },
  { id: "text-in-latin1", ofLines: true, make: (text) => latin1(latin1(text).toString("utf8")) },
  { id: "text-in-latin1", ofLines: true, make: (text) => Buffer.from(text, "utf8") },
  { id: "text-in-utf16", make: (text) => Buffer.from(latin1(text).toString("utf8"), "utf16le") },
  {
    id: "text-without-empty-line",
    ofLines: true,
    make: (text) => latin1(text.replace("\n\n", "\n")),
  },
  {
    id: "text-with-space-after-colon",
    ofLines: true,
    make: (text) => latin1(text.replace(/^([a-z][a-z0-9-]*):(?=\S)/gm, "$1: ")),
  },
  { id: "text-hashed-first", make: (text) => Buffer.from(sha256(text).toString("hex")) },
  { id: "text-hashed-first", make: sha256 },
];

function sha256(text: string): Buffer {
  return createHash("sha256").update(latin1(text)).digest();
}

const WRITINGS: readonly Way<Buffer, string>[] = [
  { id: "mac-in-hex", make: (mac) => mac.toString("hex") },
  { id: "mac-in-capitals", make: (mac) => mac.toString("hex").toUpperCase() },
  { id: "mac-in-base64", make: (mac) => mac.toString("base64") },
  { id: "mac-in-base64", make: (mac) => mac.toString("base64").replace(/=+$/, "") },
  { id: "mac-in-base64", make: (mac) => mac.toString("base64url") },
  { id: "mac-in-base64", make: (mac) => Buffer.from(mac.toString("hex")).toString("base64") },
];

/** Steps of a recipe that are left out. Only formats that have them can lack them. */
const RECIPES: readonly Way<MacRecipe, MacRecipe | undefined>[] = [
  { id: RIGHT, make: (recipe) => recipe },
  {
    id: "key-not-derived",
    make: ({ derivation, ...recipe }) => (derivation === undefined ? undefined : recipe),
  },
  {
    id: "key-derived-without-prefix",
    make: ({ derivation, ...recipe }) =>
      derivation === undefined || derivation.prefix === ""
        ? undefined
        : { ...recipe, derivation: { ...derivation, prefix: "" } },
  },
  {
    id: "text-not-hashed",
    make: ({ beforeDigest, ...recipe }) => (beforeDigest === undefined ? undefined : recipe),
  },
];

const HASHES: readonly MacAlgorithm[] = ["sha256", "sha384", "sha512", "sha1"];

/** What a signature is held against. */
export interface Sent {
  readonly macs: readonly string[];
  readonly recipe: MacRecipe;
}

/** A key, and what was done with it. */
interface Hand {
  readonly secret: Secret;
  readonly recipe: MacRecipe;
  readonly mistakes: readonly string[];
}

/** Every way of taking a key, a recipe and a hash, the right one first. */
function* handsOf(
  { recipe }: Sent,
  key: TrialKey,
  hashes: readonly MacAlgorithm[],
): Generator<Hand> {
  for (const keyWay of KEYS) {
    const bytes = keyWay.make(key);
    if (bytes === undefined || bytes.length === 0) continue;
    const secret = new Secret(bytes);
    for (const way of RECIPES) {
      const changed = way.make(recipe);
      if (changed === undefined) continue;
      for (const algorithm of hashes)
        yield {
          secret,
          recipe: { ...changed, algorithm, encoding: "hex" },
          mistakes: [
            ...[keyWay.id, way.id].filter((id) => id !== RIGHT),
            ...(algorithm === recipe.algorithm ? [] : ["hash-of-other-algorithm"]),
          ],
        };
    }
  }
}

/** A text, and the content in it where it is made of that. */
interface Signable {
  readonly text: string;
  readonly payload: string | undefined;
}

function signableOf({ layout }: View, { lines }: Candidate): Signable | undefined {
  const text = layout.write(lines);
  const payload = layout.hasLines ? undefined : lines.payload?.[0];
  return text === undefined ? undefined : { text, payload };
}

/** The fewest mistakes under which a key and a text give one of the MACs that were sent. */
function mistakesOf(
  { macs, recipe }: Sent,
  { text, payload }: Signable,
  hands: Iterable<Hand>,
): readonly string[] | undefined {
  let best: readonly string[] | undefined;
  for (const hand of hands)
    for (const textWay of TEXTS) {
      if (textWay.ofLines === true && payload !== undefined) continue;
      const bytes = textWay.make(text, payload).toString("latin1");
      const mac = Buffer.from(hand.secret.macBy(hand.recipe, bytes), "hex");
      for (const writing of WRITINGS) {
        const written = writing.make(mac);
        const fitting = macs.find((sent) => sent === written || isCut(sent, written));
        if (fitting === undefined) continue;
        const isRight = written === mac.toString(recipe.encoding);
        const mistakes = [
          ...hand.mistakes,
          ...(textWay.id === RIGHT ? [] : [textWay.id]),
          ...(isRight ? [] : [writing.id]),
          ...(fitting === written ? [] : ["mac-cut"]),
        ];
        if (best === undefined || mistakes.length < best.length) best = mistakes;
      }
    }
  return best;
}

const isCut = (sent: string, written: string): boolean =>
  sent.length >= 16 && sent.length < written.length && written.startsWith(sent);

/**
 * The fewest mistakes under which a key gives the MAC that was sent: first with the view's own text, then with a text in
 * which one part is another, then with two such parts and no other mistake.
 */
export function tryMistakes(sent: Sent, view: View, key: TrialKey): Trial {
  const { lines, content } = view;
  const own: Candidate = { lines, content };
  const text = view.text ?? view.layout.write(lines);
  const hashes = [
    sent.recipe.algorithm,
    ...HASHES.filter((each) => each !== sent.recipe.algorithm),
  ];
  const payload = view.layout.hasLines ? undefined : lines.payload?.[0];
  const inText =
    text === undefined
      ? undefined
      : mistakesOf(sent, { text, payload }, handsOf(sent, key, hashes));
  if (inText?.length === 0) return { outcome: "fits" };
  if (inText !== undefined) return { outcome: "explained", mistakes: inText, signed: undefined };

  const axes = axesOf(view);
  const [right] = handsOf(sent, key, [sent.recipe.algorithm]);
  const fits = (candidate: Candidate): boolean => {
    const other = view.layout.write(candidate.lines);
    if (other === undefined || right === undefined) return false;
    const mac = right.secret.macBy({ ...right.recipe, encoding: sent.recipe.encoding }, other);
    return sent.macs.includes(mac);
  };
  const signed = searchVariants(own, axes, fits);
  if (signed !== undefined) return { outcome: "explained", mistakes: [], signed };

  const hands = [...handsOf(sent, key, [sent.recipe.algorithm])];
  for (const candidate of axes.flat().map((change) => change(own))) {
    const other = signableOf(view, candidate);
    const mistakes = other === undefined ? undefined : mistakesOf(sent, other, hands);
    if (mistakes !== undefined) return { outcome: "explained", mistakes, signed: candidate };
  }
  return { outcome: "unexplained" };
}

/** The first candidate that fits, with one part changed or two. */
export function searchVariants(
  own: Candidate,
  axes: readonly Axis[],
  fits: (candidate: Candidate) => boolean,
): Candidate | undefined {
  const singles = axes.map((axis) => axis.map((change) => change(own)));
  const single = singles.flat().find(fits);
  if (single !== undefined) return single;
  for (const [i, axis] of axes.entries())
    for (const change of axis)
      for (const other of singles.slice(0, i).flat()) {
        const candidate = change(other);
        if (fits(candidate)) return candidate;
      }
  return undefined;
}
