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

function signInsomnia(request) {
  if (request.auth && request.auth.type && !/^(none|noauth)$/.test(request.auth.type))
    refuse("Set the auth of the request to None: the signature takes its place.");
  const parameters = enabled(request.url.query)
    .filter((one) => one.key)
    .map(
      (one) =>
        encodeURIComponent(resolve(one.key)) + "=" + encodeURIComponent(resolve(one.value || "")),
    );
  // Insomnia fills in `:name` after the script; here it is filled in before.
  const inPath = (request.pathParameters || []).map((one) => [
    ":" + one.name,
    resolve(one.value || ""),
  ]);
  const written = fillPath(resolve(request.url.toStringWithoutQuery()), new Map(inPath));
  const joiner = parameters.length === 0 ? "" : written.includes("?") ? "&" : "?";
  const spelt = readUrl(written + joiner + parameters.join("&"), SAFE_FOR_INSOMNIA);
  // Insomnia writes a comma in a value as it is, and drops parameters without a name.
  const query = spelt.query
    .slice(1)
    .split("&")
    .filter((one) => one !== "" && one[0] !== "=")
    .map((one) => [
      one.split("=")[0],
      one.includes("=") ? one.slice(one.indexOf("=") + 1) : undefined,
    ])
    .map((one) => [one[0], one[1] && one[1].replace(/=/g, "%3D").replace(/%2C/g, ",")]);
  const search = query
    .map((one) => (one[1] === undefined ? one[0] : one[0] + "=" + one[1]))
    .join("&");
  const path = spelt.target.slice(0, spelt.target.length - spelt.query.length);
  const url = { host: spelt.host, target: path + (search === "" ? "" : "?" + search) };

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
  request.url.update(spelt.base);
  request.url.addQueryParams(query.map((one) => ({ key: one[0], value: one[1] })));
  request.pathParameters = [];
  if (read.body) request.body.update(read.body);
  request.headers.clear();
  for (const header of headers.concat(added))
    request.addHeader({ key: header[0], value: header[1] });
}

// An error here keeps Insomnia from sending the request.
signInsomnia(insomnia.request);
