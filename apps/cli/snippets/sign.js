// oxlint-disable no-unused-vars -- What follows this file in an export uses all of it.
// Signs a request with LACRE1 before it is sent: docs/protocol.md, sections 2 to 5 and 8.
// It needs the variables baseUrl, appId and apiKey. Plain ES2017, for the sandboxes of several tools.
const [CryptoJS, uuid] = ["crypto-js", "uuid"].map((name) => require(name));

const ALGORITHM = "LACRE1-HMAC-SHA256";
const SAFE_IN_PATH = "A-Za-z0-9\\-._~/:@&=+$,;!()*";
const SAFE_IN_QUERY = SAFE_IN_PATH + "?";
// Proxies add, change or remove these, so they may not be signed: section 4.
const UNSIGNABLE =
  /^(connection|content-length|cookie|expect|forwarded|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade|via|x-forwarded-.*)$/;
// Tools and proxies add or rewrite these, so they travel unsigned: section 4.
const UNSIGNED =
  /^(accept(-charset|-encoding|-language)?|alt-used|b3|baggage|cache-control|cdn-loop|dnt|early-data|max-forwards|origin|pragma|priority|referer|save-data|traceparent|tracestate|true-client-ip|upgrade-insecure-requests|user-agent|x-amz-cf-id|x-client-ip|x-cloud-trace-context|x-real-ip|x-request-id|(cf|fastly|fly|sec|x-amzn|x-azure|x-b3|x-envoy|x-vercel)-.*)$/;

function refuse(reason) {
  throw new Error("LACRE1: the request was not signed, and must not be sent. " + reason);
}

/**
 * The URL as it shall be sent: percent-encoded, so that the tool has nothing left to change. Section 16.
 * `safe` says which characters of path and query the tool leaves alone.
 */
function readUrl(text, safe) {
  const unknown = /\{\{[^}]*\}\}/.exec(text);
  if (unknown !== null) refuse("The URL holds " + unknown[0] + ", which has no value. Set it.");
  const parts = /^(https?):\/\/([^/?#\\]*)([^?#]*)(?:\?([^#]*))?/i.exec(text.trim());
  if (parts === null) refuse("The URL must begin with http:// or https://. Is baseUrl set?");
  const scheme = parts[1].toLowerCase();
  const defaultPort = scheme === "https" ? /:443$/ : /:80$/;
  const host = parts[2].toLowerCase().replace(defaultPort, "");
  if (!/^(\[[0-9a-f:.]+\]|[a-z0-9.-]+)(:[1-9][0-9]*)?$/.test(host))
    refuse("The host of the URL must be a plain host:port, without a user name.");
  const path = percentEncode(parts[3] || "/", safe.path);
  if (/(^|\/)(\.|%2E){1,2}(\/|$)/i.test(path))
    refuse("The path holds . or .. as a segment, which tools fold. Write it without.");
  const query = parts[4] ? "?" + percentEncode(parts[4], safe.query) : "";
  if (/[?&]lacre-/i.test(query)) refuse("The query is that of a presigned URL. Take it out.");
  return { host, base: scheme + "://" + host + path, target: path + query, query };
}

/** `%HH` stays; all else that is not in `safe` is encoded. */
function percentEncode(text, safe) {
  const unsafe = new RegExp("%[0-9A-Fa-f]{2}|[^" + safe + "]", "gu");
  return text.replace(unsafe, (part) =>
    part.length === 3 && part[0] === "%"
      ? part.toUpperCase()
      : encodeURIComponent(part).replace(/[!'()*~]/g, hex),
  );
}

/** `:name` in a path, with the values of the tool's path parameters in its place. */
function fillPath(text, values) {
  const end = text.search(/[?#]|$/);
  const parts = text.slice(0, end).split("/");
  const filled = parts.map((part) =>
    values.has(part) ? encodeURIComponent(values.get(part)) : part,
  );
  return filled.join("/") + text.slice(end);
}

const hex = (character) => "%" + character.charCodeAt(0).toString(16).toUpperCase();

/** Pairs of name and value as application/x-www-form-urlencoded, as every URLSearchParams writes them. */
function formEncode(pairs) {
  const encode = (text) =>
    encodeURIComponent(text)
      .replace(/[!'()~]/g, hex)
      .replace(/%20/g, "+");
  return pairs.map((pair) => encode(pair[0]) + "=" + encode(pair[1])).join("&");
}

/** The 32 bytes that an ApiKey stands for. The last character has four bits to spare: section 8. */
function readKey(apiKey) {
  if (!/^lk1_[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/.test(apiKey))
    refuse("apiKey is no key: lk1_ and 43 characters, without blanks. Set the variable.");
  const base64 = apiKey.slice(4).replace(/-/g, "+").replace(/_/g, "/");
  return CryptoJS.enc.Base64.parse(base64 + "=");
}

/** New for each request. Older sandboxes have no better source than their uuid; a nonce is no secret. */
function makeNonce() {
  if (typeof crypto !== "object" || !crypto.getRandomValues) return uuid.v4();
  const bytes = Array.from(crypto.getRandomValues(new Uint8Array(16)));
  return bytes.map((byte) => (byte + 256).toString(16).slice(1)).join("");
}

/** The headers that are set, by their names in lower case, and what they hold. */
function readHeaders(headers) {
  const values = new Map();
  for (const header of headers) {
    const name = header[0].toLowerCase();
    const value = header[1].replace(/^[ \t]+|[ \t]+$/g, "");
    if (name === "authorization" || name === "content-digest" || name === "host")
      refuse("Leave out the header " + header[0] + ": it is set while signing or sending.");
    if (UNSIGNABLE.test(name) || UNSIGNED.test(name)) continue;
    if (!/^[a-z][a-z0-9-]{0,63}$/.test(name))
      refuse("The header " + header[0] + " cannot be signed: letters, digits and - alone.");
    if (values.has(name)) refuse("The header " + header[0] + " is set twice. Set it once.");
    if (!/^[\x20-\x7e]*$/.test(value))
      refuse("The header " + header[0] + " holds more than printable ASCII. Encode it.");
    values.set(name, value);
  }
  return values;
}

/**
 * The headers to add: Authorization, and Content-Digest where there is content.
 * `url` is from readUrl, `headers` are pairs of name and value, `content` is the text that will be sent.
 */
function sign(method, url, headers, content, appId, apiKey) {
  if (!/^[A-Z-]+$/.test(method) || method === "CONNECT" || method === "TRACE")
    refuse("The method " + method + " cannot be signed. Write it in capitals.");
  if (!/^[A-Za-z0-9\-_.~]{1,128}$/.test(appId)) refuse("appId is no AppId. Set the variable.");
  const key = readKey(apiKey);

  const signed = readHeaders(headers).set("host", url.host);
  const added = [];
  if (content !== "") {
    const digest = CryptoJS.enc.Base64.stringify(CryptoJS.SHA256(content));
    added.push(["Content-Digest", "sha-256=:" + digest + ":"]);
    signed.set("content-digest", added[0][1]);
  }
  const names = Array.from(signed.keys()).sort();
  if (names.length > 32) refuse("More than 32 headers cannot be signed. Take some out.");

  const timestamp = String(Math.floor(Date.now() / 1000));
  const nonce = makeNonce();
  const lines = names.map((name) => name + ":" + signed.get(name));
  const head = [ALGORITHM, appId, timestamp, nonce, method, url.target];
  const text = head.concat(lines, "", names.join(";")).join("\n");
  const mac = CryptoJS.enc.Hex.stringify(CryptoJS.HmacSHA256(text, key));
  const parameters = [
    "Credential=" + appId,
    "Timestamp=" + timestamp,
    "Nonce=" + nonce,
    "SignedHeaders=" + names.join(";"),
    "Signature=" + mac,
  ];
  added.push(["Authorization", ALGORITHM + " " + parameters.join(", ")]);
  return added;
}
