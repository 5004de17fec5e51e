// Bruno: what is signed takes the place of the request, so that it is what is sent.
const resolve = (text) => bru.interpolate(String(text));

/** Bruno writes values into JSON as parts of strings. */
const resolveJson = (text) =>
  text.replace(/\{\{[^{}]+\}\}/g, (variable) => {
    const value = String(resolve(variable));
    return value === variable ? variable : JSON.stringify(value).slice(1, -1);
  });

/** Bruno trims JSON, and sends what is no JSON as a JSON string. */
function readJson(text) {
  try {
    JSON.parse(text);
  } catch (error) {
    refuse("The body is no JSON: " + error.message + ". Mend it, or choose the body Text.");
  }
  return text.trim();
}

function readContent(body, contentType) {
  if (body === undefined || body === null || body === "") return "";
  if (typeof body === "string" && /json/.test(contentType)) return readJson(resolveJson(body));
  if (typeof body === "string") return resolve(body);
  if (!Array.isArray(body) || contentType !== "application/x-www-form-urlencoded")
    return refuse(
      "A script cannot see the bytes of this body. Send text, JSON or a URL-encoded form.",
    );
  return formEncode(body.map((field) => [field.name, resolve(field.value || "")]));
}

/** Bruno fills in `:name` after the script; here it is filled in before. */
function readPathParameters() {
  const parameters = req.getPathParams ? req.getPathParams() : [];
  return new Map(parameters.map((one) => [":" + one.name, resolve(one.value || "")]));
}

function signBruno() {
  if (req.getAuthMode() !== "none")
    refuse("Set the auth of the request to No Auth: the signature takes its place.");
  const url = readUrl(fillPath(resolve(req.getUrl()), readPathParameters()), {
    path: SAFE_IN_PATH,
    query: SAFE_IN_QUERY,
  });
  const given = req.getHeaders();
  const headers = Object.keys(given)
    // Null stands for a Content-Type that shall not be sent.
    .filter((name) => typeof given[name] === "string")
    .map((name) => [name, resolve(given[name])]);
  const type = headers.find((header) => /^content-type$/i.test(header[0]));
  const content = readContent(req.getBody({ raw: true }), type ? type[1] : "");
  const appId = resolve("{{appId}}");
  const key = resolve("{{apiKey}}");
  const apiKey = key === "{{apiKey}}" || key === "" ? bru.getProcessEnv("LACRE_API_KEY") : key;
  const added = sign(req.getMethod(), url, headers, content, appId, String(apiKey));

  req.setUrl(url.base + url.query);
  if (content !== "") req.setBody(content, { raw: true });
  for (const header of headers.concat(added)) req.setHeader(header[0], header[1]);
  req.setMaxRedirects(0);
}

// An error here keeps Bruno from sending the request.
signBruno();
