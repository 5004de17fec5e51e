import { join } from "node:path";
import type {
  Collection,
  ExampleContent,
  ExampleRequest,
  ExportedFile,
  Pair,
} from "./collection.js";
import { headersOf } from "./collection.js";
import { ANSWER_TESTS, signingScript } from "./script.js";

/** The environment of the export, as `bru run --env` has it. */
const ENVIRONMENT = "lacre";

/** A folder of .bru files: https://docs.usebruno.com/bru-lang/overview */
export function writeBruno(collection: Collection, folder: string): ExportedFile[] {
  const { name, baseUrl, appId, requests } = collection;
  const about = { version: "1", name, type: "collection", ignore: ["node_modules", ".git"] };
  const variables = `${dictionary("vars", [
    ["baseUrl", baseUrl],
    ["appId", appId],
  ])}vars:secret [\n  apiKey\n]\n`;
  const root = [
    "auth {\n  mode: none\n}\n",
    text("script:pre-request", signingScript("bruno")),
    text("tests", ANSWER_TESTS.bruno),
  ].join("\n");
  const width = String(requests.length).length;
  return [
    { path: join(folder, "bruno.json"), text: `${JSON.stringify(about, null, 2)}\n` },
    { path: join(folder, "collection.bru"), text: root },
    { path: join(folder, ".gitignore"), text: ".env\n" },
    { path: join(folder, "environments", `${ENVIRONMENT}.bru`), text: variables },
    ...requests.map((request, i) => ({
      path: join(folder, `${String(i + 1).padStart(width, "0")} ${fileName(request.name)}.bru`),
      text: writeRequest(request, i + 1),
    })),
  ];
}

function writeRequest(request: ExampleRequest, seq: number): string {
  const { name, method, target, content } = request;
  const kind = content && kindOf(content);
  return [
    dictionary("meta", [
      ["name", oneLine(name)],
      ["type", "http"],
      ["seq", String(seq)],
    ]),
    dictionary(method.toLowerCase(), [
      ["url", `{{baseUrl}}${target}`],
      ["body", kind ?? "none"],
      ["auth", "none"],
    ]),
    dictionary("headers", headersOf(request)),
    content === undefined
      ? ""
      : content.kind === "form"
        ? dictionary("body:form-urlencoded", content.fields)
        : text(`body:${kind}`, content.text),
    // The script has encoded the URL already, and a redirect needs a new signature.
    dictionary("settings", [
      ["encodeUrl", "false"],
      ["followRedirects", "false"],
    ]),
  ]
    .filter((block) => block !== "")
    .join("\n");
}

function kindOf(content: ExampleContent): string {
  if (content.kind === "form") return "formUrlEncoded";
  return /\bjson$/.test(content.type) ? "json" : "text";
}

function dictionary(name: string, pairs: readonly Pair[]): string {
  if (pairs.length === 0) return "";
  const lines = pairs.map(([key, value]) => `  ${keyOf(key)}: ${oneLine(value)}`.trimEnd());
  return `${name} {\n${lines.join("\n")}\n}\n`;
}

/** A key with anything that the language uses itself stands in quotation marks. */
const keyOf = (key: string): string =>
  /^[\w.-]+$/.test(key) ? key : `"${oneLine(key).replaceAll('"', '\\"')}"`;

const text = (name: string, content: string): string =>
  `${name} {\n${content.trimEnd().replace(/^(?=.)/gm, "  ")}\n}\n`;

const oneLine = (value: string): string => value.replace(/\s+/g, " ");

const fileName = (name: string): string =>
  name
    .replace(/[^\p{L}\p{N} ._-]+/gu, " ")
    .replace(/\s+/g, " ")
    .trim()
    .slice(0, 80);
