import type { Collection, ExampleContent, ExportedFile } from "./collection.js";
import { FORM_TYPE, headersOf } from "./collection.js";
import { ANSWER_TESTS, signingScript } from "./script.js";

/**
 * A collection as Insomnia 10 and newer imports it. What is relied on, in github.com/Kong/insomnia: the members
 * that packages/insomnia/src/common/import-v5-parser.ts reads; that a text is taken for this format if it begins
 * with `type: ` (common/import.ts); and that the script of a folder runs before each of its requests, an error
 * keeping them back (network/network.ts).
 */
export function writeInsomnia(collection: Collection, path: string): ExportedFile[] {
  const { name, baseUrl, appId, requests } = collection;
  const folder = {
    name: "Signed with LACRE1",
    meta: { id: "fld_lacre" },
    scripts: { preRequest: signingScript("insomnia"), afterResponse: ANSWER_TESTS.insomnia },
    children: requests.map((request, i) => ({
      name: request.name,
      meta: { id: `req_lacre${i + 1}`, sortKey: i + 1 },
      method: request.method,
      url: `{{ _.baseUrl }}${request.target.replace(/\{\{\s*(?=\w)/g, "{{ _.")}`,
      headers: headersOf(request).map(([header, value]) => ({ name: header, value })),
      ...(request.content && { body: bodyOf(request.content) }),
      settings: {
        // The script resolves the variables, and the URL is encoded already.
        renderRequestBody: false,
        encodeUrl: false,
        // A redirect needs a new signature.
        followRedirects: "off",
        cookies: { send: true, store: true },
        rebuildPath: false,
      },
    })),
  };
  const environments = {
    name: "Base Environment",
    meta: { id: "env_lacre" },
    data: { baseUrl, appId },
    // A private environment is neither synchronised nor exported.
    subEnvironments: [
      {
        name: "Private",
        meta: { id: "env_lacreprivate", isPrivate: true },
        data: { apiKey: "" },
      },
    ],
  };
  const members = {
    schema_version: "5.1",
    name,
    meta: { id: "wrk_lacre" },
    collection: [folder],
    environments,
  };
  return [{ path, text: `type: collection.insomnia.rest/5.0\n${yaml(members)}` }];
}

/** JSON is YAML; only its first level has to stand in lines of its own. */
const yaml = (members: object): string =>
  Object.entries(members)
    .map(([key, value]) => `${key}:\n${indented(JSON.stringify(value, null, 2))}\n`)
    .join("");

const indented = (text: string): string => text.replace(/^/gm, "  ");

function bodyOf(content: ExampleContent): object {
  if (content.kind === "text") return { mimeType: content.type, text: content.text };
  return {
    mimeType: FORM_TYPE,
    params: content.fields.map(([name, value]) => ({ name, value })),
  };
}
