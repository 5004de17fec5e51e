import { headerOf, type View } from "../view.js";
import { differs, firstOf, pairOf, rowOf, sameUnder, type Cause, type Findings } from "./cause.js";
import {
  areAlike,
  areSameForm,
  areSameJson,
  areSameParts,
  compressed,
  decompressed,
  digestFieldsOf,
  hexDigestsOf,
  isDigestOf,
  isRewritten,
  jsonSpellings,
  otherCharset,
  otherEnds,
  otherFormSpellings,
  otherLineEnds,
  withByteOrderMark,
} from "./content-changes.js";

const EMPTY = Buffer.alloc(0);
const mediaType = (value: string): string => value.split(";", 1)[0]?.trim().toLowerCase() ?? "";
const withoutBoundary = (value: string): string => value.replace(/boundary="?[^";]+"?/i, "");

/** The signed digest, however the format writes it. */
const anyDigest = (view: View): readonly string[] => [...signedDigest(view), ...hexDigestsOf(view)];
const digestsIn = ({ client, server }: Findings): string[] =>
  [client, server].flatMap((view) => digestFieldsOf(view));
const signedDigest = (view: View): readonly string[] =>
  view.lines.headers.get("content-digest") ?? [];
/** The value of a digest field, whatever stands round it. */
const digestText = (field: string): string => /:([^:]*):?\s*$/.exec(field)?.[1] ?? field;

function isHexDigest(field: string): boolean {
  const text = digestText(field);
  return /^[0-9a-f]{64}$|^[0-9a-f]{128}$/i.test(text);
}

function isBase64OfHex(field: string): boolean {
  const decoded = Buffer.from(digestText(field), "base64").toString("latin1");
  return /^[0-9a-f]{64}$|^[0-9a-f]{128}$/i.test(decoded);
}

/** The hash of something that is no content at all, such as an object turned into text. */
const isDigestOfWords = (field: string, { client, server }: Findings): boolean =>
  ["[object Object]", "undefined", "null", "{}", '""']
    .map((word) => Buffer.from(word))
    .some(
      (word) =>
        isDigestOf(field, word) && (server.content ?? client.content)?.equals(word) !== true,
    );

const codingDiffers = (findings: Findings): boolean => {
  const { client, server } = findings;
  const bothTell = [client, server].every(
    ({ kind, headers }) => headers !== undefined && kind !== "headers",
  );
  const codings = [client, server].map((view) => headerOf(view, "content-encoding").join());
  return (
    rowOf(findings, "header:content-encoding") !== undefined ||
    (bothTell && codings[0] !== codings[1])
  );
};

const hasContent = ({ content }: View): boolean => content !== undefined && content.length > 0;

/** How the content became other bytes: the first that explains it is enough. */
const REWRITINGS: readonly Cause[] = [
  {
    id: "content-decompressed",
    when: (findings) =>
      isRewritten(findings, decompressed) ||
      isRewritten(findings, compressed) ||
      codingDiffers(findings),
    says: "The content was compressed or decompressed on one side only: the digest is of the bytes on the wire.",
    cure: "Hash what is sent, after compression, and sign Content-Encoding. Have proxies and middleware leave it alone until it is verified.",
    concerns: ["caller", "proxy"],
  },
  {
    id: "content-line-at-end",
    when: (findings) => isRewritten(findings, otherEnds),
    says: "The content has a line end after its last line on one side only.",
    cure: "Use printf '%s' in place of echo, and curl --data-binary in place of -d, which drops line ends of files.",
  },
  {
    id: "content-line-ends",
    when: (findings) => isRewritten(findings, otherLineEnds),
    says: "Lines of the content end with CR LF on one side and LF on the other.",
    cure: "Read and send the content as bytes, not as text (FTP, git and editors turn line ends over).",
  },
  {
    id: "content-byte-order-mark",
    when: (findings) => isRewritten(findings, withByteOrderMark),
    says: "The content begins with a byte order mark on one side only.",
    cure: "Write the content as UTF-8 without a byte order mark, or hash it with it.",
  },
  {
    id: "content-charset",
    when: (findings) => isRewritten(findings, otherCharset),
    says: "The content is UTF-8 on one side and Latin-1 on the other.",
    cure: "Encode the text once, hash those bytes and send those bytes.",
  },
  {
    id: "json-serialised-again",
    when: (findings) => areAlike(findings, areSameJson) || isRewritten(findings, jsonSpellings),
    says: "The content is the same JSON value in other bytes: it was serialised again, with other spaces, order or escapes.",
    cure: "Serialise once, hash that text and send that text: hand the library a string, not an object.",
  },
  {
    id: "form-encoded-again",
    when: (findings) =>
      areAlike(findings, areSameForm) || isRewritten(findings, otherFormSpellings),
    says: "The form has the same fields in other bytes: it was encoded again.",
    cure: "Encode the form once to text, hash that text and send that text.",
  },
  {
    id: "content-lost",
    when: ({ client, server }) =>
      (hasContent(client) || anyDigest(client).some((field) => !isDigestOf(field, EMPTY))) &&
      server.content?.length === 0,
    says: "The content did not arrive: something read it before, a redirect dropped it, or GET was sent without it.",
    cure: "Follow no redirects, send no content with GET, and let no middleware read the body before the verification.",
    concerns: ["caller", "server"],
  },
  {
    id: "content-cut",
    when: (findings) =>
      findings.server.fault?.code === "content-incomplete" ||
      areAlike(findings, (client, server) => client.subarray(0, server.length).equals(server)),
    says: "The content ends too early.",
    cure: "Look for limits and time-outs of the proxy, and for a Content-Length that counts characters in place of bytes.",
    concerns: ["proxy", "caller"],
  },
];

/** What happens to the content and to what is said of it. */
export const CONTENT_CAUSES: readonly Cause[] = [
  {
    id: "multipart-boundary",
    when: (findings) =>
      differs(
        "header:content-type",
        (pair) => /boundary=/i.test(pair.client) && sameUnder(withoutBoundary)(pair),
      )(findings) || areAlike(findings, areSameParts),
    says: "The boundary of the form is another one: the library made the form anew after signing.",
    cure: "Turn the form into bytes once, sign these bytes and the Content-Type with their boundary, and send these bytes.",
  },
  {
    id: "charset-added",
    when: differs(
      "header:content-type",
      ({ client, server }) => mediaType(client) === mediaType(server) && client !== server,
    ),
    says: "The Content-Type is the same but for its parameters or their spelling: a library added or rewrote the charset.",
    cure: "Set the whole Content-Type by yourself, charset included, and sign it so.",
  },
  {
    id: "content-type-added",
    when: (findings) => {
      const { fault } = findings.server;
      const row = rowOf(findings, "header:content-type");
      return (
        (fault?.code === "header-unsigned" && fault.detail === "content-type") ||
        (row !== undefined && row.client?.length === 0)
      );
    },
    says: "The server got a Content-Type that the client did not sign: libraries add one to content by themselves.",
    cure: "Set the Content-Type by yourself before signing, and sign it.",
  },
  {
    id: "content-type-changed",
    when: (findings) =>
      rowOf(findings, "header:content-type")?.client?.length === 1 &&
      !differs(
        "header:content-type",
        (pair) => mediaType(pair.client) === mediaType(pair.server),
      )(findings),
    says: "The Content-Type is another one, or did not arrive: the library chose it from the kind of content.",
    cure: "Set the Content-Type by yourself, sign it, and send the content as bytes.",
  },
  {
    id: "digest-in-hex",
    when: (findings) => digestsIn(findings).some(isHexDigest),
    says: "The Content-Digest holds hexadecimal: it is base64 of the digest's bytes.",
    cure: 'Take the digest as bytes: in Node createHash("sha256").update(body).digest("base64"), and write sha-256=:…:',
  },
  {
    id: "digest-hex-in-base64",
    when: (findings) => digestsIn(findings).some(isBase64OfHex),
    says: "The Content-Digest is the base64 of hexadecimal text, not of the digest's bytes.",
    cure: "Encode the 32 bytes of the digest, not their hexadecimal form.",
  },
  {
    id: "digest-malformed",
    when: (findings) =>
      digestsIn(findings).some(
        (field) =>
          field !== "" &&
          !field
            .split(/, */)
            .every((each) => /^sha-256=:[\w+/]{43}=:$|^sha-512=:[\w+/]{86}==:$/.test(each)),
      ),
    says: "The Content-Digest has not the form sha-256=:base64: of RFC 9530, or is in base64url.",
    cure: "Write sha-256=: then the digest in standard base64 with its padding, then a colon.",
  },
  {
    id: "digest-of-nothing",
    when: (findings) => {
      const [client, server] = [signedDigest(findings.client), signedDigest(findings.server)];
      const given = [...client, ...server];
      const empty = given.filter((field) => isDigestOf(field, EMPTY));
      return given.length === 1
        ? empty.length === 1
        : empty.length === 1 && rowOf(findings, "header:content-digest") !== undefined;
    },
    says: "One side has the digest of zero bytes, the other has another digest, or none.",
    cure: "Hash the bytes that are sent. Without content, decide on one: leave Content-Digest out, or send and sign the digest of zero bytes.",
  },
  {
    id: "digest-of-words",
    when: (findings) => digestsIn(findings).some((field) => isDigestOfWords(field, findings)),
    says: "The digest is that of text such as [object Object] or undefined: an object was hashed in place of its bytes.",
    cure: "Serialise the content to bytes first, hash these bytes, and send these bytes.",
  },
  ...firstOf(REWRITINGS),
  {
    id: "payload-word",
    when: differs("payload", ({ client, server }) =>
      [client, server].some((hash) => !/^[0-9a-f]{64}$/i.test(hash)),
    ),
    says: "One text has UNSIGNED-PAYLOAD, or nothing, in place of the hash of the content.",
    cure: "End the text with the hex SHA-256 of the content, of zero bytes where there is none, and send the same in x-amz-content-sha256.",
  },
  {
    id: "content-undigested",
    when: ({ server }) => server.fault?.code === "content-undigested",
    says: "There is content, but no signed digest of it.",
    cure: "Send Content-Digest with the digest of the content, and sign it. To GET, send no content.",
  },
  {
    id: "content-hashed-otherwise",
    wide: true,
    when: ({ client }) => {
      const { content } = client;
      return (
        content !== undefined && anyDigest(client).some((field) => !isDigestOf(field, content))
      );
    },
    says: "The client's digest is not that of the client's own content: it hashed something else than it sends.",
    cure: "Serialise the content to bytes once, hash these bytes, and send these bytes.",
  },
  {
    id: "content-changed",
    wide: true,
    when: (findings) =>
      rowOf(findings, "content") !== undefined ||
      findings.server.fault?.code === "content-mismatch" ||
      rowOf(findings, "payload") !== undefined ||
      (pairOf(findings, "header:content-digest") !== undefined &&
        rowOf(findings, "nonce") === undefined) ||
      (findings.server.content !== undefined &&
        anyDigest(findings.server).some(
          (field) => !isDigestOf(field, findings.server.content ?? EMPTY),
        )),
    says: "The content is another one.",
    cure: "Find what writes it after signing: interceptors, middleware, a proxy. Sign last.",
    concerns: ["caller", "proxy"],
  },
];
