import type { Collection, ExampleContent, ExportedFile } from "./collection.js";
import { headersOf } from "./collection.js";
import { ANSWER_TESTS, signingScript } from "./script.js";

// https://schema.postman.com/json/collection/v2.1.0/collection.json
const SCHEMA = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json";

/** A collection and an environment, as Postman imports them and newman runs them. */
export function writePostman(collection: Collection, path: string): ExportedFile[] {
  const { name, baseUrl, appId, requests } = collection;
  const written = {
    info: { name, schema: SCHEMA },
    auth: { type: "noauth" },
    // A redirect needs a new signature; and a body that is signed has to be sent, with GET too.
    protocolProfileBehavior: { followRedirects: false, disableBodyPruning: true },
    // Those of the collection run for each request in it, and for those that are added.
    event: [event("prerequest", signingScript("postman")), event("test", ANSWER_TESTS.postman)],
    item: requests.map((request) => ({
      name: request.name,
      request: {
        method: request.method,
        url: `{{baseUrl}}${request.target}`,
        header: headersOf(request).map(([key, value]) => ({ key, value })),
        ...(request.content && { body: bodyOf(request.content) }),
      },
      response: [],
    })),
  };
  const environment = {
    name,
    values: [
      { key: "baseUrl", value: baseUrl, type: "default", enabled: true },
      { key: "appId", value: appId, type: "default", enabled: true },
      { key: "apiKey", value: "", type: "secret", enabled: true },
    ],
    _postman_variable_scope: "environment",
  };
  return [
    { path, text: json(written) },
    {
      path: `${path.replace(/\.json$/, "")}.environment.json`,
      text: json(environment),
      secret: true,
    },
  ];
}

const event = (listen: string, script: string): object => ({
  listen,
  script: { type: "text/javascript", exec: script.trimEnd().split("\n") },
});

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

function bodyOf(content: ExampleContent): object {
  if (content.kind === "form")
    return {
      mode: "urlencoded",
      urlencoded: content.fields.map(([key, value]) => ({ key, value })),
    };
  const language = /\bjson$/.test(content.type) ? "json" : "text";
  return { mode: "raw", raw: content.text, options: { raw: { language } } };
}
