// Insomnia: what is signed takes the place of the request, so that it is what is sent.
// Its own template syntax is {{ _.name }}, which its scripts know as {{ name }}.
const resolve = (text) => {
  const resolved = insomnia.variables.replaceIn(String(text).replace(/\{\{\s*_\./g, "{{ "));
  // Insomnia renders once more after the script.
  if (/\{\{|\{%|\{#/.test(resolved))
    refuse("What Insomnia would make of {{, {% or {# in the result cannot be foreseen.");
  return resolved;
};
const valueOf = (name) =>
  insomnia.variables.has(name) ? String(insomnia.variables.get(name)) : "";
const enabled = (list) => (list ? list.filter((one) => !one.disabled, {}) : []);

// What Insomnia itself leaves alone: it encodes all else with encodeURIComponent.
const SAFE_FOR_INSOMNIA = {
  path: "A-Za-z0-9\\-._~/:@=+$,;!()*",
  query: "A-Za-z0-9\\-._~!()*&=",
};

function readContent(body, contentType) {
  const fields = body ? enabled(body.urlencoded) : [];
  if (/^multipart\//i.test(contentType) || fields.some((field) => field.type === "file"))
    refuse(
      "A script cannot see the bytes of a multipart body. Send text, JSON or a URL-encoded form.",
    );
  if (!body || !body.mode) return { content: "" };
  if (body.mode === "raw") {
    const content = resolve(body.raw || "");
    return { content, body: { mode: "raw", raw: content } };
  }
  if (body.mode !== "urlencoded")
    refuse("A script cannot see the bytes of a " + body.mode + " body. Send text, JSON or a form.");
  if (fields.length > 0 && contentType !== "application/x-www-form-urlencoded")
    refuse("Set the header Content-Type of a form to application/x-www-form-urlencoded.");
  const pairs = fields
    .map((field) => [resolve(field.key || ""), resolve(field.value || "")])
    .filter((pair) => pair[0] !== "");
  const urlencoded = pairs.map((pair) => ({ key: pair[0], value: pair[1] }));
  return { content: formEncode(pairs), body: { mode: "urlencoded", urlencoded } };
}

/** The URL with all its parameters, those of the list included. */
function readWritten(url, pathParameters) {
  // Insomnia fills in `:name` after the script; here it is filled in before.
  const values = (pathParameters || []).map((one) => [":" + one.name, resolve(one.value || "")]);
  const text = fillPath(resolve(url.toStringWithoutQuery()), new Map(values));
  const encode = (part) => encodeURIComponent(resolve(part || ""));
  const listed = enabled(url.query)
    .filter((one) => one.key)
    .map((one) => encode(one.key) + "=" + encode(one.value));
  if (listed.length === 0) return text;
  return text + (text.includes("?") ? "&" : "?") + listed.join("&");
}

/** Parameters as Insomnia sends them: a comma in a value as it is, and none without a name. */
function readQuery(query) {
  const parts = query.split("&").filter((part) => part !== "" && part[0] !== "=");
  return parts.map((part) => {
    const end = part.indexOf("=");
    if (end < 0) return { key: part, value: undefined };
    const value = part
      .slice(end + 1)
      .replace(/=/g, "%3D")
      .replace(/%2C/g, ",");
    return { key: part.slice(0, end), value };
  });
}

function signInsomnia(request) {
  if (request.auth && request.auth.type && !/^(none|noauth)$/.test(request.auth.type))
    refuse("Set the auth of the request to None: the signature takes its place.");
  const url = readUrl(readWritten(request.url, request.pathParameters), SAFE_FOR_INSOMNIA);
  const query = readQuery(url.query.slice(1));
  const search = query
    .map((one) => (one.value === undefined ? one.key : one.key + "=" + one.value))
    .join("&");
  const path = url.target.slice(0, url.target.length - url.query.length);
  url.target = search === "" ? path : path + "?" + search;

  const headers = enabled(request.headers)
    .filter((header) => header.key)
    .map((header) => [resolve(header.key), resolve(header.value || "")]);
  const type = headers.find((header) => /^content-type$/i.test(header[0]));
  const read = readContent(request.body, type ? type[1] : "");
  if (read.content !== "" && type === undefined) headers.push(["Content-Type", "text/plain"]);
  const added = sign(
    request.method,
    url,
    headers,
    read.content,
    valueOf("appId"),
    valueOf("apiKey"),
  );

  request.url.removeQueryParams(request.url.query.map((one) => one.key, {}));
  request.url.update(url.base);
  request.url.addQueryParams(query);
  request.pathParameters = [];
  if (read.body) request.body.update(read.body);
  request.headers.clear();
  for (const header of headers.concat(added))
    request.addHeader({ key: header[0], value: header[1] });
}

// An error here keeps Insomnia from sending the request.
signInsomnia(insomnia.request);
