// Postman: what is signed takes the place of the request, so that it is what is sent.
const resolve = (text) => pm.variables.replaceIn(String(text));
const LANGUAGES = {
  json: "application/json",
  xml: "application/xml",
  html: "text/html",
  javascript: "application/javascript",
};

/** The content as text, and the Content-Type that Postman would add to it. */
function readContent(body) {
  if (!body || body.disabled || !body.mode || body.isEmpty()) return ["", undefined];
  if (body.mode === "raw") {
    const language = body.options && body.options.raw && body.options.raw.language;
    return [resolve(body.raw), LANGUAGES[language] || "text/plain"];
  }
  if (body.mode === "urlencoded") {
    const fields = body.urlencoded.all().filter((field) => !field.disabled);
    const pairs = fields.map((field) => [resolve(field.key || ""), resolve(field.value || "")]);
    return [formEncode(pairs), "application/x-www-form-urlencoded"];
  }
  return refuse(
    "A script cannot see the bytes of a " +
      body.mode +
      " body. Send raw text or x-www-form-urlencoded.",
  );
}

function signPostman(request) {
  if (request.auth && request.auth.type && request.auth.type !== "noauth")
    refuse("Set the authorization of the request to No Auth: the signature takes its place.");
  const url = readUrl(resolve(request.url.toString()), {
    path: SAFE_IN_PATH,
    query: SAFE_IN_QUERY,
  });
  const headers = request.headers
    .all()
    .filter((header) => !header.disabled && header.key)
    .map((header) => [resolve(header.key), resolve(header.value || "")]);
  const read = readContent(request.body);
  const content = read[0];
  if (content !== "" && !headers.some((header) => /^content-type$/i.test(header[0])))
    headers.push(["Content-Type", read[1]]);
  const added = sign(
    request.method,
    url,
    headers,
    content,
    resolve("{{appId}}"),
    resolve("{{apiKey}}"),
  );

  // Or the authorization of a folder, which no script can see, would overwrite the signature.
  request.authorizeUsing("noauth");
  request.url.update(url.base + url.query);
  request.headers.clear();
  for (const header of headers.concat(added))
    request.headers.add({ key: header[0], value: header[1] });
  if (content !== "") request.body.update({ mode: "raw", raw: content });
}

try {
  signPostman(pm.request);
} catch (error) {
  // Postman sends a request even though its script has failed, so it is told to leave it.
  console.error(error.message);
  pm.test(error.message, () => {
    throw error;
  });
  if (pm.execution && pm.execution.skipRequest) pm.execution.skipRequest();
  // Older versions cannot skip. Nothing listens on port 0, so the request does not leave the machine.
  pm.request.url.update("http://127.0.0.1:0/unsigned");
  throw error;
}
