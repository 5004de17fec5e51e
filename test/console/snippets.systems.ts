import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it, jest } from "@jest/globals";
import { Body, Controller, Get, HttpCode, Post } from "@nestjs/common";
import { generateApiKey } from "@lacre/core";
import { HmacPrincipal, HmacProtected, type Principal } from "@lacre/nestjs";
import { awsSigV4 } from "@lacre/schemes/aws-sigv4";
import { newKey } from "../../apps/console/src/credentials/new-key.js";
import { snippetsFor, type Snippet } from "../../apps/console/src/credentials/snippets.js";
import { LANGUAGES } from "../clients/languages.js";
import { ROOT } from "../docs/markdown.js";
import { startApp, type RunningApp } from "../support/app.js";
import { run } from "../support/run.js";

@Controller("orders")
class OrdersController {
  @Post()
  @HttpCode(200)
  @HmacProtected({ schemes: ["lacre1", "aws-sigv4"] })
  order(@HmacPrincipal() { appId, scheme }: Principal, @Body() body: object) {
    return { appId, scheme, body };
  }

  @Get()
  @HmacProtected({ schemes: ["lacre1", "aws-sigv4"] })
  list(@HmacPrincipal() { appId, scheme }: Principal) {
    return { appId, scheme, body: { item: "tea" } };
  }
}

/** One key for each hash of LACRE1, and one for AWS: what the snippets are made for. */
const KEYS = [
  { appId: "my.app-1", scheme: "lacre1", algorithm: "sha256", encoding: "lk1" },
  { appId: "my_app~2", scheme: "lacre1", algorithm: "sha512", encoding: "lk1" },
  { appId: "AKIDEXAMPLE", scheme: "aws-sigv4", algorithm: "sha256", encoding: "text" },
] as const;
const texts = KEYS.map(({ encoding }) =>
  encoding === "lk1" ? generateApiKey() : newKey("text", {}),
);

let service: RunningApp;
let folder: string;
beforeAll(async () => {
  mkdirSync(join(ROOT, "node_modules/.cache"), { recursive: true });
  folder = mkdtempSync(join(ROOT, "node_modules/.cache/lacre-snippets-"));
  service = await startApp("express", {
    controllers: [OrdersController],
    hmac: {
      schemes: ["lacre1", awsSigV4({ region: "eu-central-1", service: "execute-api" })],
      apps: KEYS.map(({ appId, scheme, ...key }, i) => ({
        appId,
        keys: [{ ...key, schemes: [scheme], apiKey: texts[i] ?? "" }],
      })),
    },
  });
});
afterAll(async () => {
  await service.close();
  rmSync(folder, { recursive: true });
});

const CASES = KEYS.flatMap((key, i) =>
  snippetsFor(key).map((snippet) => [snippet.tool, key.algorithm, key.scheme, i, snippet] as const),
).filter(([tool]) => tool !== "csharp"); // as in clients/README.md: not run here

it.each(CASES)(
  "%s with %s under %s calls a service",
  async (tool, algorithm, scheme, i, snippet) => {
    const place = join(folder, `${tool}-${algorithm}-${scheme}`);
    mkdirSync(place);
    const printed = await outputOf(snippet, place, texts[i] ?? "");
    expect(printed).toContain(
      JSON.stringify({ appId: KEYS[i]?.appId, scheme, body: { item: "tea" } }),
    );
  },
  120_000,
);

/** Runs a snippet as its reader would, with the URL of the service. */
async function outputOf({ tool, text }: Snippet, place: string, apiKey: string): Promise<string> {
  const code = text.replaceAll("https://api.example.com", service.url);
  const env = { LACRE_API_KEY: apiKey };
  const language = LANGUAGES.find(({ fence }) => fence === tool);
  if (language !== undefined) {
    const [command, ...args] = await language.program(place, code);
    return printedBy(await run(command, args, { cwd: place, env }));
  }
  if (tool === "fetch") return fetched(place, code, apiKey);
  writeFileSync(join(place, "key.txt"), apiKey, { mode: 0o600 });
  const lacre = join(ROOT, "apps/cli/dist/main.js");
  if (!existsSync(lacre))
    throw new Error("The program lacre is not built. Build it: npm run build");
  const command = code.replaceAll("npx lacre", `"${process.execPath}" "${lacre}"`);
  return printedBy(
    await run("bash", ["--norc", "--noprofile", "-c", command], { cwd: place, env }),
  );
}

const printedBy = ({ stdout, stderr }: { stdout: string; stderr: string }): string =>
  stdout + stderr;

/** In this process, where the packages are their sources. */
async function fetched(place: string, code: string, apiKey: string): Promise<string> {
  const file = join(place, "snippet.mjs");
  writeFileSync(file, code);
  const log = jest.spyOn(console, "log").mockImplementation(() => undefined);
  process.env.LACRE_API_KEY = apiKey;
  try {
    await import(file);
    return log.mock.calls.flat().join(" ");
  } finally {
    delete process.env.LACRE_API_KEY;
    log.mockRestore();
  }
}
