import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { awsSigV4 } from "@lacre/schemes/aws-sigv4";
import { lacre1 } from "@lacre/core";
import type { Io } from "../../apps/cli/src/io.js";
import { JudgingServer } from "./judging-server.js";
import { lacre, type Outcome } from "./lacre.js";
import { need } from "../support/run.js";

const API_KEY = "lk1_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
const AWS_KEY = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

const server = new JudgingServer(
  [
    { appId: "demo", apiKey: API_KEY },
    { appId: "aws", apiKey: AWS_KEY, encoding: "text", schemes: ["aws-sigv4"] },
  ],
  [lacre1, awsSigV4({ region: "eu-central-1", service: "execute-api" })],
);
const folder = mkdtempSync(join(tmpdir(), "lacre-curl-"));
const ALL_BYTES = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
let commandLines: string[];

beforeAll(async () => {
  need("curl", "apt-get install curl");
  await server.start();
  writeFileSync(join(folder, "lines.txt"), "first\r\nsecond\n");
  writeFileSync(join(folder, "all.bin"), ALL_BYTES);
  writeFileSync(join(folder, "empty"), "");
  writeFileSync(join(folder, "headers.txt"), "X-Tenant: acme\r\nAccept:\n");
});

afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true });
});

beforeEach(() => {
  server.seen = [];
  commandLines = [];
});

const runReally: Io["run"] = (program, words, { env, input }) =>
  new Promise((resolve, reject) => {
    commandLines.push([program, ...words, ...Object.values(env)].join(" "));
    const child = spawn(program, words, { env, stdio: ["pipe", "ignore", "ignore"] });
    child.stdin.end(input);
    child.on("error", reject);
    child.on("close", (code) => resolve(code ?? -1));
  });

/** `lacre curl` with the real curl. `O` stands for the server's origin, `F` for the folder. */
function lacreCurl(
  args: readonly string[],
  { stdin = "", env = {} }: { stdin?: string; env?: Record<string, string> } = {},
): Promise<Outcome> {
  const words = args.map((word) =>
    word.replace(/^O\b/, server.origin).replace(/F\//, `${folder}/`),
  );
  const PATH = process.env["PATH"];
  const ours = { PATH, LACRE_APP_ID: "demo", LACRE_API_KEY: API_KEY };
  return lacre(["curl", ...words], { stdin, env: { ...ours, ...env }, run: runReally });
}

const accepted = (what: object): unknown[] => [
  expect.objectContaining({ verdict: "accepted", ...what }),
];

const NONE = "";
const FORM = "application/x-www-form-urlencoded";
const JSON_TYPE = "application/json";
const ALL = ALL_BYTES.toString("latin1");

// Arguments, and what must arrive: method and target, content type, content.
const ROWS: [string[], string, string?, string?][] = [
  [["O/v1/items?tag=a%20b"], "GET /v1/items?tag=a%20b"],
  [["O"], "GET /"],
  [["O/x#part"], "GET /x"],
  [["O/a//b/../c%2Fd?x=%20"], "GET /a//b/../c%2Fd?x=%20"],
  [["O/%c3%a9?"], "GET /%c3%a9?"],
  [["O/a|b^c\"<>\\?'=`"], "GET /a|b^c\"<>\\?'=`"],
  [["O/[1-3]{a,b}"], "GET /[1-3]{a,b}"],
  [["-I", "O/x"], "HEAD /x"],
  [["-sSXDELETE", "O/x"], "DELETE /x"],
  [["--request-target", "/y?z", "O/x"], "GET /y?z"],
  [["-s", "--url", "O/x", "--"], "GET /x"],
  [["-d", "a=1", "O"], "POST /", FORM, "a=1"],
  [["-d", "", "O"], "POST /", FORM],
  [["-da=1", "--data", "b=é", "--data-raw", "@c", "O"], "POST /", FORM, "a=1&b=Ã©&@c"],
  [["-d", "@F/lines.txt", "O"], "POST /", FORM, "firstsecond"],
  [["--data-binary", "@F/all.bin", "O"], "POST /", FORM, ALL],
  [["-d", "x", "--data-binary", "@F/all.bin", "O"], "POST /", FORM, `x&${ALL}`],
  [["-d", "@F/empty", "O"], "POST /", FORM],
  [["--data-urlencode", "q=a b&é", "O"], "POST /", FORM, "q=a+b%26%C3%A9"],
  [["--data-urlencode", "f@F/lines.txt", "O"], "POST /", FORM, "f=first%0D%0Asecond%0A"],
  [["--data-urlencode", "=x/y", "--data-ascii", "z", "O"], "POST /", FORM, "x%2Fy&z"],
  [["--json", '{"n":', "--json", "1}", "O"], "POST /", JSON_TYPE, '{"n":1}'],
  [["--json", "@F/lines.txt", "O"], "POST /", JSON_TYPE, "first\r\nsecond\n"],
  [["-H", "content-type: text/plain", "-d", "x", "O"], "POST /", "text/plain", "x"],
  [["-H", "Content-Type:", "-d", "x", "O"], "POST /", NONE, "x"],
  [["-X", "PUT", "-d", "x", "O"], "PUT /", FORM, "x"],
  [["-T", "F/all.bin", "O/f"], "PUT /f", NONE, ALL],
  [["-T", "F/empty", "O/f"], "PUT /f"],
  [["-T", "F/all.bin", "O/d/?x=/"], "PUT /d/all.bin?x=/", NONE, ALL],
  [["-G", "-d", "a=1", "-d", "b=%2F", "O/x/../y"], "GET /x/../y?a=1&b=%2F"],
  [["-G", "--data-urlencode", "q=a/b c", "O/x?y"], "GET /x?y&q=a%2Fb+c"],
  [["-GI", "-d", "a=1", "O/x"], "HEAD /x?a=1"],
  [["-H", "@F/headers.txt", "O"], "GET /"],
  [["-H", "Range: bytes=0-5", "-H", 'If-None-Match: "a"', "O"], "GET /"],
  [["-H", "X-Empty;", "-H", "X-Tenant: a", "-b", "c=d", "-A", "me", "-e", "O", "O"], "GET /"],
  [["-sSkv4o", "/dev/null", "-m9", "--no-keepalive", "--compressed", "O"], "GET /"],
];

describe("lacre curl, by the real curl", () => {
  it.each(ROWS)("%j", async (args, requestLine, contentType = NONE, body = "") => {
    const { code, err } = await lacreCurl(args);
    const [method, target] = requestLine.split(" ");
    expect(server.seen).toEqual(accepted({ method, target, body }));
    expect(server.seen[0]?.headers["content-type"] ?? NONE).toBe(contentType);
    expect({ code, err }).toEqual({ code: 0, err: "" });
  });

  it("takes a URL without its scheme for http", async () => {
    await lacreCurl([`${server.origin.slice("http://".length)}/x`]);
    expect(server.seen).toEqual(accepted({ target: "/x" }));
  });

  it.each([
    [["-d", "@-"], "POST", "ab"],
    [["--data-binary", "@-"], "POST", "a\nb\n"],
    [["--data-binary", "@-", "-d", "@-"], "POST", "a\nb\n&"],
    [["-T", "-"], "PUT", "a\nb\n"],
    [["-T", "."], "PUT", "a\nb\n"],
  ])("%j takes its standard input", async (args, method, body) => {
    await lacreCurl([...args, "O/x/"], { stdin: "a\nb\n" });
    expect(server.seen).toEqual(accepted({ method, target: "/x/", body }));
  });

  it("carries more content than fits on a command line", async () => {
    const long = "x".repeat(120_000);
    await lacreCurl(["-d", long, "-d", long, "O"]);
    expect(server.seen).toEqual(accepted({ body: `${long}&${long}` }));
  });

  it("signs for aws-sigv4", async () => {
    const scope = ["--scheme", "aws-sigv4", "--region=eu-central-1", "--service", "execute-api"];
    const args = ["--app-id", "aws", ...scope, "--", "--json", "{}", "O/x?b=1&a=2"];
    await lacreCurl(args, { env: { LACRE_API_KEY: AWS_KEY } });
    expect(server.seen).toEqual(accepted({ target: "/x?b=1&a=2", body: "{}" }));
  });

  it("keeps the key off curl's command line and out of its environment", async () => {
    await lacreCurl(["O"]);
    expect(commandLines).toEqual([expect.stringContaining("authorization: LACRE1-")]);
    expect(commandLines[0]).not.toContain(API_KEY.slice(4));
  });

  it("keeps the content of a file off the command line", async () => {
    await lacreCurl(["-d", "@F/lines.txt", "-d", "b=1", "O"]);
    expect(commandLines).toEqual([expect.not.stringContaining("first")]);
    expect(server.seen).toEqual(accepted({ body: "firstsecond&b=1" }));
  });

  it("reads no ~/.curlrc", async () => {
    writeFileSync(join(folder, ".curlrc"), '-H "X-Added: 1"\n-X DELETE\n');
    await lacreCurl(["O"], { env: { HOME: folder, CURL_HOME: folder } });
    expect(server.seen).toEqual(accepted({ method: "GET" }));
    expect(server.seen[0]?.headers).not.toHaveProperty("x-added");
  });

  it("passes curl's exit code on", async () => {
    expect((await lacreCurl(["http://127.0.0.1:1/"])).code).toBe(7);
    expect((await lacreCurl(["-f", "-H", "Host: other.test", "O"])).code).toBe(22);
    expect(server.seen.map(({ verdict }) => verdict)).toEqual([expect.stringMatching(/^host-unk/)]);
  });

  it("says when there is no curl", async () => {
    const { code, err } = await lacreCurl(["O"], { env: { PATH: folder } });
    expect({ code, err }).toEqual({ code: 1, err: expect.stringContaining("not on the PATH") });
  });

  it("prints with --dry-run a command that a shell runs to the same end", async () => {
    const { code, out } = await lacreCurl(["--dry-run", "-d", "it's $HOME", "O/x?a&b"]);
    expect({ code, seen: server.seen }).toEqual({ code: 0, seen: [] });
    await runReally("sh", ["-c", out], { env: process.env });
    expect(server.seen).toEqual(accepted({ target: "/x?a&b", body: "it's $HOME" }));
  });

  it("says with --dry-run what goes to the standard input", async () => {
    const { out, err } = await lacreCurl(["--dry-run", "-d", "@-", "O"], { stdin: "abc" });
    expect(out).toContain("--data-binary @-");
    expect(err).toContain("3 bytes, from its standard input");
  });
});
