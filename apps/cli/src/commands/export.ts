import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import type { CommandDescription } from "../command.js";
import { EXIT, UsageError } from "../exit.js";
import { writeBruno } from "../export/bruno.js";
import type { Collection, ExampleRequest, ExportedFile } from "../export/collection.js";
import { writeInsomnia } from "../export/insomnia.js";
import { readOpenApi, type Described } from "../export/openapi.js";
import { writePostman } from "../export/postman.js";
import { TOOLS, type Tool } from "../export/script.js";
import { readWrittenUrl } from "../http/written-url.js";
import { Inputs } from "../inputs.js";
import type { Io } from "../io.js";
import { PROFILE_OPTION } from "../profile-option.js";

interface ExportOptions {
  readonly url?: string;
  readonly openapi?: string;
  readonly request?: readonly string[];
  readonly name?: string;
  readonly appId?: string;
  readonly out?: string;
  /** Where the API is, as a profile says it. */
  readonly baseUrl?: string;
}

const WRITERS = { postman: writePostman, bruno: writeBruno, insomnia: writeInsomnia };

export const exportCollection: CommandDescription<ExportOptions> = {
  args: "<postman|bruno|insomnia>",
  options: [
    { flags: "--url <base>", summary: "where the API is, https://api.example.com/v1" },
    {
      flags: "--openapi <file>",
      summary: "an OpenAPI 3 document, JSON or YAML; - for the standard input",
    },
    {
      flags: "--request <line>",
      summary: "a request, 'GET /items?page=1'; any number",
      repeats: true,
    },
    { flags: "--name <name>", summary: "what the collection is called" },
    { flags: "--app-id <id>", summary: "who signs; can be set in the tool as well" },
    PROFILE_OPTION,
    { flags: "--out <path>", summary: "the file to write; for bruno, the folder" },
  ],
  details: `Import the file into the tool, set the variable apiKey, and send: a script in the collection
signs each request with LACRE1, and a test fails where an answer is 400 or more. No key is written
into an export. What the script cannot sign, such as a multipart body, it refuses to send.
Of an OpenAPI document, operations whose "security" asks for something else are left out, and
nothing is a variable of the tool. In --request it is: 'GET /items/{{id}}'.

Examples:
  lacre export postman --url https://api.example.com --openapi api.json --out api.json
  lacre export bruno --url http://127.0.0.1:3000 --request 'GET /orders' --out orders`,

  async run(io, { args, options }) {
    const tool = readTool(args[0]);
    if (options.out === undefined)
      throw new UsageError("Where to write is not said. Give --out FILE, or a folder for bruno.");
    const { collection, leftOut, changed } = await readCollection(io, options);
    const files = WRITERS[tool](collection, options.out);
    refuseKeys(files);
    refuseToOverwrite(tool === "bruno" ? [options.out] : files.map(({ path }) => path));
    for (const { path, text } of files) {
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, text, { flag: "wx" });
      io.stdout.write(`${path}\n`);
    }
    for (const note of leftOut) io.stderr.write(`lacre: note: left out ${note}.\n`);
    for (const note of changed) io.stderr.write(`lacre: note: ${note}.\n`);
    return EXIT.done;
  },
};

function readTool(written = ""): Tool {
  const tool = TOOLS.find((known) => known === written);
  if (tool === undefined)
    throw new UsageError(`${JSON.stringify(written)} is none of the tools: ${TOOLS.join(", ")}.`);
  return tool;
}

async function readCollection(
  io: Io,
  options: ExportOptions,
): Promise<{ collection: Collection } & Pick<Described, "leftOut" | "changed">> {
  const { openapi, request: lines = [], appId = "", url = options.baseUrl } = options;
  if (url === undefined)
    throw new UsageError("Where the API is, is not said. Give --url https://host/path.");
  const described =
    openapi === undefined
      ? undefined
      : readOpenApi((await new Inputs(io).read(openapi)).toString("utf8"), openapi);
  const requests = [...(described?.requests ?? []), ...lines.map(readRequestLine)];
  const { leftOut = [], changed = [] } = described ?? {};
  if (requests.length === 0)
    throw new UsageError(
      `There is no request to write. Give --openapi FILE or --request 'GET /'.${leftOut.map((note) => ` Left out ${note}.`).join("")}`,
    );
  return {
    collection: {
      name: options.name ?? described?.title ?? "Signed with LACRE1",
      baseUrl: readBaseUrl(url),
      appId,
      requests,
    },
    leftOut,
    changed,
  };
}

function readBaseUrl(text: string): string {
  const { scheme, host, target } = readWrittenUrl(text);
  if (target.includes("?"))
    throw new UsageError("--url is the beginning of all URLs. Write the query into --request.");
  return `${scheme}://${host}${target.replace(/\/+$/, "")}`;
}

function readRequestLine(line: string): ExampleRequest {
  const [, method, target] = /^([A-Za-z]+) +(\/\S*)$/.exec(line.trim()) ?? [];
  if (method === undefined || target === undefined)
    throw new UsageError(
      `--request ${JSON.stringify(line)} is no request. Write it as 'GET /items?page=1'.`,
    );
  const name = `${method.toUpperCase()} ${target.split("?")[0]}`;
  return { name, method: method.toUpperCase(), target, headers: [] };
}

function refuseKeys(files: readonly ExportedFile[]): void {
  if (files.some(({ text }) => /lk1_[\w-]{43}/.test(text)))
    throw new UsageError("The input holds an ApiKey. Take it out: an export is made to be shared.");
}

/** The environment that stands there may hold somebody's key. */
function refuseToOverwrite(paths: readonly string[]): void {
  const there = paths.find((path) => existsSync(path));
  if (there !== undefined)
    throw new UsageError(`${there} is there already. Remove it, or give another --out.`);
}
