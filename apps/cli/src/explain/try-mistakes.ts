import { Secret, type MacAlgorithm } from "@lacre/core";
import type { MacRecipe } from "@lacre/core/scheme";
import type { Candidate } from "./candidate.js";
import { KEYS, RECIPES, RIGHT, TEXTS, WRITINGS, type TrialKey } from "./mistakes.js";
import { searchVariants } from "./search-variants.js";
import type { Trial } from "./trial.js";
import { axesOf, type Hints } from "./variants.js";
import type { View } from "./view.js";

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
  for (const { id: keyWay, secret } of secretsOf(key))
    for (const way of RECIPES) {
      const changed = way.make(recipe);
      if (changed === undefined) continue;
      for (const algorithm of hashes)
        yield {
          secret,
          recipe: { ...changed, algorithm, encoding: "hex" },
          mistakes: [
            ...[keyWay, way.id].filter((id) => id !== RIGHT),
            ...(algorithm === recipe.algorithm ? [] : ["hash-of-other-algorithm"]),
          ],
        };
    }
}

/** What a key may have been taken for, by the mistake. */
function* secretsOf(key: TrialKey): Generator<{ id: string; secret: Secret }> {
  if ("secret" in key) {
    yield { id: RIGHT, secret: key.secret };
    return;
  }
  for (const { id, make } of KEYS) {
    const bytes = make(key);
    if (bytes !== undefined && bytes.length > 0) yield { id, secret: new Secret(bytes) };
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

/** Each template is signed once. */
const MOST_CONTENT = 256 * 1024;

/** By which other template a view was signed. */
function templateOf(
  { layout, lines, content }: View,
  isSigned: (text: string) => boolean,
): Trial | undefined {
  if ((content?.length ?? 0) > MOST_CONTENT) return undefined;
  for (const { text, template, mistakes } of layout.others?.(lines) ?? [])
    if (isSigned(text)) return { outcome: "explained", mistakes, signed: undefined, template };
  return undefined;
}

/**
 * The fewest mistakes under which a key gives the MAC that was sent: first with the view's own text, then with a text in
 * which one part is another, then with two such parts and no other mistake.
 */
export function tryMistakes(sent: Sent, view: View, key: TrialKey, hints: Hints): Trial {
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

  const [right] = handsOf(sent, key, [sent.recipe.algorithm]);
  const isSigned = (other: string): boolean => {
    if (right === undefined) return false;
    const mac = right.secret.macBy({ ...right.recipe, encoding: sent.recipe.encoding }, other);
    return sent.macs.includes(mac);
  };
  const byTemplate = templateOf(view, isSigned);
  if (byTemplate !== undefined) return byTemplate;

  const axes = axesOf(view, hints);
  const fits = (candidate: Candidate): boolean => {
    const other = view.layout.write(candidate.lines);
    return other !== undefined && isSigned(other);
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
