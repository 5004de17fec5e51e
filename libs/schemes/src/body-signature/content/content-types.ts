import { ConfigurationError, type HeaderLines, Refusal } from "@lacre/core/scheme";
import { beginningOf } from "./inflate.js";

/*
 * What content is read as. Frameworks go by the Content-Type, which is hardly ever signed: so it must agree with what the
 * content looks like, or whoever overheard a message could have it read as another one.
 */

/** What frameworks read content as. `text` is everything else: plain text, and bytes that nobody parses. */
export type ContentKind = "json" | "form" | "xml" | "text";

const NAMES = ["json", "form", "xml", "text", "any"] as const;
/** What content is sent as: a kind, or a type of JSON or XML that only whoever names it takes. */
export type ContentTypeName =
  | (typeof NAMES)[number]
  | "text/json"
  | `${string}/${string}+json`
  | `${string}/${string}+xml`;
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

const NAMED = /^(?:[\w!#$%&'*+.^`|~-]+\/[\w!#$%&'*+.^`|~-]+\+(json|xml)|text\/(json))$/;

/** The kind of a type that a format names; undefined where it is not JSON or XML by a name of its own. */
const kindOfNamed = (name: string): ContentKind | undefined => {
  const [, suffix, json] = NAMED.exec(name) ?? [];
  return (suffix ?? json) as ContentKind | undefined;
};

/** @throws ConfigurationError */
export function readContentType(given: ContentTypeName, at: string): ContentTypeName {
  if ((NAMES as readonly unknown[]).includes(given)) return given;
  const name: unknown = given;
  if (typeof name === "string" && kindOfNamed(name.toLowerCase()) !== undefined)
    return name.toLowerCase() as ContentTypeName;
  throw new ConfigurationError(
    at,
    `must be ${NAMES.map((each) => JSON.stringify(each)).join(" or ")}, or a type of JSON or XML that has a name of its own.`,
    'Give "json" for application/json, or "application/cloudevents+json", for example.',
  );
}

/** A type that frameworks know what to do with. */
interface ReadType {
  readonly kind: ContentKind;
  /** What `contentTypes` calls it. */
  readonly as: ContentTypeName;
}

/**
 * What a Content-Type says; undefined where that is not clear, or the charset is not UTF-8.
 *
 * As `json` goes `application/json` alone, with no parameter but its charset: Express parses no other type unless it is
 * told to, and hands the handler nothing instead.
 */
function readType(type: string): ReadType | undefined {
  const [beginning = "", ...parameters] = type.split(";");
  const name = NAME.exec(beginning)?.[1]?.toLowerCase();
  if (name === undefined) return undefined;
  const read = readName(name);
  const charsets =
    read.kind === "text" ? parameters.filter((each) => /charset/i.test(each)) : parameters;
  return charsets.length > 1 || !charsets.every((each) => UTF_8.test(each)) ? undefined : read;
}

function readName(name: string): ReadType {
  if (name === "application/x-www-form-urlencoded") return { kind: "form", as: "form" };
  if (name === "application/json") return { kind: "json", as: "json" };
  if (name === "application/xml" || name === "text/xml") return { kind: "xml", as: "xml" };
  const kind = kindOfNamed(name);
  return kind === undefined ? { kind: "text", as: "text" } : { kind, as: name as ContentTypeName };
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
  readonly given: readonly ContentTypeName[] | undefined;
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
  readonly #names: ReadonlySet<ContentTypeName>;
  /** Whether any type will do. */
  readonly isOpen: boolean;

  /** @throws ConfigurationError */
  constructor(terms: TypeTerms, at: string) {
    const { given, reads, isSigned } = terms;
    const most = reads === undefined ? KINDS : READABLE[reads];
    this.#terms = terms;
    this.#names = new Set<ContentTypeName>(given ?? KINDS);
    const said = given?.map((name) => kindOfNamed(name) ?? name);
    this.#kinds = most.filter((kind) => said?.includes(kind) ?? true);
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
    if (!isAny) this.#kindIn(headers, KINDS);
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
    const kind = isPlain ? plainKindIn(headers) : this.#kindIn(headers, this.#kinds);
    const look = isWire ? this.#decoded(headers, content) : content;
    if (reads !== undefined && (kind === undefined || look.startsWith(BOM))) throw refused();
    const isJudged = reads !== undefined || this.#kinds.length > 1;
    if (isJudged && !isPlain && kind !== undefined && !kindsOfLook(look).includes(kind))
      throw refused();
    return kind;
  }

  /** Whether fields can be read of content of this type, if it is one of those that are taken. */
  hasFields(headers: HeaderLines): boolean {
    const read = readType(headers.only("content-type") ?? "");
    if (read?.kind !== "json" && read?.kind !== "form") return false;
    return read.as === read.kind || this.#names.has(read.as);
  }

  /** The kind of a message's type; undefined where it has none. */
  #kindIn(headers: HeaderLines, kinds: readonly ContentKind[]): ContentKind | undefined {
    if (!headers.has("content-type")) return undefined;
    const read = readType(headers.only("content-type") ?? "");
    if (read === undefined || !kinds.includes(read.kind) || !this.#names.has(read.as))
      throw refused();
    return read.kind;
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

function plainKindIn(headers: HeaderLines): ContentKind {
  const read = readType(headers.only("content-type") ?? "");
  if (read === undefined) throw refused();
  return read.kind;
}

const refused = (): Refusal => new Refusal("header-unsigned", "content-type");
