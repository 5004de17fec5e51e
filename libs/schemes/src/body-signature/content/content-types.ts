import { ConfigurationError, type HeaderLines, Refusal } from "@lacre/core/scheme";
import { beginningOf } from "./inflate.js";

/*
 * What content is read as. Frameworks go by the Content-Type, which is hardly ever signed: so it must agree with what the
 * content looks like, or whoever overheard a message could have it read as another one.
 */

/** What frameworks read content as. `text` is everything else: plain text, and bytes that nobody parses. */
export type ContentKind = "json" | "form" | "xml" | "text";

export const CONTENT_TYPES = ["json", "form", "xml", "text", "any"] as const;
const KINDS: readonly ContentKind[] = ["json", "form", "xml", "text"];
/** Of which kinds something can be read. */
const READABLE = { fields: ["json", "form"], form: ["form"] } as const satisfies Record<
  string,
  readonly ContentKind[]
>;

const NAME = /^[ \t]*([\w!#$%&'*+.^`|~-]+\/[\w!#$%&'*+.^`|~-]+)[ \t]*$/;
const UTF_8 = /^[ \t]*charset=(?:utf-8|"utf-8")[ \t]*$/i;

/** What frameworks hand over as it stands, if at all: it makes no other message of the content. */
const PLAIN = /^[ \t]*(?:text\/plain|application\/octet-stream)[ \t]*(?:;|$)/i;

/** The kind of a Content-Type; undefined where it is not clear, or has another charset than UTF-8. */
export function kindOfType(type: string): ContentKind | undefined {
  const [beginning = "", ...parameters] = type.split(";");
  const name = NAME.exec(beginning)?.[1]?.toLowerCase();
  const charsets = parameters.filter((parameter) => /charset/i.test(parameter));
  if (name === undefined || charsets.length > 1) return undefined;
  if (!charsets.every((charset) => UTF_8.test(charset))) return undefined;
  if (name === "application/x-www-form-urlencoded") return "form";
  if (/^(?:application|text)\/json$|\+json$/.test(name)) return "json";
  if (/^(?:application|text)\/xml$|\+xml$/.test(name)) return "xml";
  return "text";
}

/** With a BOM, which parsers skip. */
const BOM = "\u00ef\u00bb\u00bf";
const JSON_LOOK = /^(?:\u00ef\u00bb\u00bf)?[ \t\r\n]*[[{]/;
const XML_LOOK = /^(?:\u00ef\u00bb\u00bf)?[ \t\r\n]*</;

/** What content of this look may come as. */
function kindsOfLook(content: string): readonly ContentKind[] {
  if (JSON_LOOK.test(content)) return ["json"];
  return XML_LOOK.test(content) ? ["xml"] : ["form", "text"];
}

/** What a format says of the content of its messages. */
export interface TypeTerms {
  /** What the sender sends: where it is one kind, it is sent as nothing else; where it is not said, the look says it. */
  readonly given: readonly (typeof CONTENT_TYPES)[number][] | undefined;
  /** What is read of it before anything can be judged. */
  readonly reads: "fields" | "form" | undefined;
  /** Whether the Content-Type is signed. */
  readonly isSigned: boolean;
  /** Whether a digest stands for the content, which tells nothing of it. */
  readonly hasDigest: boolean;
  /** Whether it is signed as it is on the wire, so that a Content-Encoding is the handler's to undo. */
  readonly isWire: boolean;
}

/** Judges the Content-Type of messages. */
export class ContentTypes {
  readonly #terms: TypeTerms;
  readonly #kinds: readonly ContentKind[];
  /** Whether any type will do. */
  readonly isOpen: boolean;

  /** @throws ConfigurationError */
  constructor(terms: TypeTerms, at: string) {
    const { given, reads, isSigned } = terms;
    const most = reads === undefined ? KINDS : READABLE[reads];
    this.#terms = terms;
    this.#kinds = most.filter((kind) => given?.includes(kind) ?? true);
    this.isOpen = reads === undefined && (given?.includes("any") ?? isSigned);
    if (this.#kinds.length === 0 && !this.isOpen)
      throw new ConfigurationError(
        at,
        `has neither of the kinds that the format can read: ${most.join(", ")}.`,
        `Give ${JSON.stringify(most)}, or leave it out.`,
      );
  }

  /** Whether a message can be sent under another type: nothing signs it, and nothing is asked that tells it. */
  get isUntold(): boolean {
    const { given, isSigned, hasDigest } = this.#terms;
    return !isSigned && (this.isOpen || (hasDigest && given?.length !== 1));
  }

  /**
   * Judges the type alone: where a digest stands for the content, which is not there yet.
   * @throws Refusal `header-unsigned`
   */
  checkType(headers: HeaderLines): void {
    const { given, isSigned } = this.#terms;
    const isAny = given?.includes("any") ?? isSigned;
    if (!isAny) kindIn(headers, given ?? KINDS);
  }

  /**
   * What content is to be read as; undefined where that is not said, and nothing is read of it.
   * @param content as it is signed, a code point for each byte
   * @throws Refusal `header-unsigned` where type and content do not agree
   */
  kindOf(headers: HeaderLines, content: string): ContentKind | undefined {
    if (this.isOpen || content === "") return undefined;
    const { reads, isWire } = this.#terms;
    const isPlain = reads === undefined && PLAIN.test(headers.only("content-type") ?? "");
    const kind = kindIn(headers, isPlain ? KINDS : this.#kinds);
    const look = isWire ? this.#decoded(headers, content) : content;
    if (reads !== undefined && (kind === undefined || look.startsWith(BOM))) throw refused();
    const isJudged = reads !== undefined || this.#kinds.length > 1;
    if (isJudged && !isPlain && kind !== undefined && !kindsOfLook(look).includes(kind))
      throw refused();
    return kind;
  }

  /** The beginning of content, as a framework has it that undoes a Content-Encoding. */
  #decoded(headers: HeaderLines, content: string): string {
    if (!headers.has("content-encoding")) return content;
    const coding = headers.only("content-encoding")?.toLowerCase();
    if (coding === "identity") return content;
    // What is read is read as it is signed; and text is not what an encoder has written.
    if (this.#terms.reads !== undefined || coding === undefined || isText(content))
      throw new Refusal("header-unsigned", "content-encoding");
    return this.#kinds.length > 1 ? beginningOf(coding, content) : content;
  }
}

function isText(content: string): boolean {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(Buffer.from(content, "latin1"));
    return true;
  } catch {
    return false;
  }
}

/** The kind of a message's type; undefined where it has none. */
function kindIn(headers: HeaderLines, kinds: readonly string[]): ContentKind | undefined {
  if (!headers.has("content-type")) return undefined;
  const kind = kindOfType(headers.only("content-type") ?? "");
  if (kind === undefined || !kinds.includes(kind)) throw refused();
  return kind;
}

const refused = (): Refusal => new Refusal("header-unsigned", "content-type");
