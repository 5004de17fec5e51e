import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { lacre } from "./lacre.js";

const API_KEY = "lk1_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
const env = { LACRE_APP_ID: "demo", LACRE_API_KEY: API_KEY };
const URL_OF_API = "https://api.example.test/v1";

/** Exit code 2, nothing on the standard output, one line that says this, and no key in it. */
async function refused(
  args: string[],
  message: string | RegExp,
  world: object = { env },
): Promise<void> {
  const { code, out, err } = await lacre(args, world);
  expect({ code, out }).toEqual({ code: 2, out: "" });
  expect(err).toMatch(message);
  expect(err).toMatch(/^lacre: [^\n]+\n$/);
  expect(err).not.toContain(API_KEY.slice(4));
}

describe("a key as an argument", () => {
  it.each([
    ["sign", ["--api-key", API_KEY, "GET", URL_OF_API], "never given as an argument"],
    ["sign", [`--api-key=${API_KEY}`, "GET", URL_OF_API], "never given as an argument"],
    ["sign", ["--key", API_KEY, "GET", URL_OF_API], "never given as an argument"],
    ["verify", [`--key=${API_KEY}`], "never given as an argument"],
    ["curl", ["--api-key", API_KEY, URL_OF_API], "never given as an argument"],
    ["curl", ["--dry-run", "--api-key", API_KEY, "--", URL_OF_API], "never given as an argument"],
    ["sign", [`--apikey=${API_KEY}`, "GET", URL_OF_API], "unknown option '--apikey=…'"],
    ["sign", ["--encoding", API_KEY, "GET", URL_OF_API], "argument 'lk1_…' is invalid"],
    ["sign", ["GET", API_KEY], "no http or https URL"],
    ["curl", [`--apikey=${API_KEY}`, URL_OF_API], "no option of curl's"],
  ])("lacre %s %j", async (command, args, message) => {
    await refused([command, ...args], message);
  });

  it("leaves --key of lacre curl to curl, where it names a client's certificate key", async () => {
    const { code, out } = await lacre(["curl", "--dry-run", "--key", "client.pem", URL_OF_API], {
      env,
    });
    expect({ code, out }).toEqual({ code: 0, out: expect.stringContaining(" --key client.pem ") });
  });
});

describe("credentials that cannot be used", () => {
  it.each([
    [{ LACRE_API_KEY: API_KEY }, [], "Give --app-id ID or set LACRE_APP_ID"],
    [{ LACRE_APP_ID: "demo" }, [], "Give --key-file FILE or set LACRE_API_KEY"],
    [{ ...env, LACRE_API_KEY: `${API_KEY}\n` }, [], "ends with a line end. Take it off"],
    [{ ...env, LACRE_API_KEY: "secret" }, [], "does not begin with lk1_"],
    [{ ...env, LACRE_API_KEY: "c2VjcmV0" }, ["--encoding", "base64"], "is shorter than 32 bytes"],
    [{ ...env, LACRE_APP_ID: "de mo" }, [], "is not an AppId"],
    [env, ["--encoding", "hex"], "its encoding is said to be hex"],
    [env, ["--key-file", "/no/such/file"], "there is no such file"],
    [env, ["--scheme", "aws-sigv4"], "needs --region and --service"],
    [env, ["--region", "x"], "belongs to --scheme aws-sigv4"],
    [env, ["--scheme", "aws-sigv4", "--region", "X!", "--service", "s"], "must be 1 to 64 of"],
    [
      env,
      ["--scheme=aws-sigv4", "--region=r", "--service=s", "--encoding=hex"],
      "no keys in the encoding hex",
    ],
    [
      env,
      ["--scheme=aws-sigv4", "--region=r", "--service=s", "--algorithm=sha512"],
      "does not work with this",
    ],
  ])("%j %j", async (world, args, message) => {
    await refused(["sign", ...args, "GET", URL_OF_API], message, { env: world });
  });
});

describe("a key file", () => {
  const folder = mkdtempSync(join(tmpdir(), "lacre-key-"));
  const path = join(folder, "key");
  beforeAll(() => writeFileSync(path, `${API_KEY}\r\n`));
  afterAll(() => rmSync(folder, { recursive: true }));

  it("that others may read gives a warning, and is used", async () => {
    chmodSync(path, 0o644);
    const { code, err } = await lacre([
      "sign",
      "--app-id",
      "demo",
      "--key-file",
      path,
      "GET",
      URL_OF_API,
    ]);
    expect({ code, err }).toEqual({ code: 0, err: expect.stringContaining(`chmod 600 ${path}`) });
  });

  it("of its owner alone is used without a word, before the environment", async () => {
    chmodSync(path, 0o600);
    const world = { env: { ...env, LACRE_API_KEY: "unused" } };
    const { code, err } = await lacre(["sign", "--key-file", path, "GET", URL_OF_API], world);
    expect({ code, err }).toEqual({ code: 0, err: "" });
  });
});

describe("a key that is wrong", () => {
  const folder = mkdtempSync(join(tmpdir(), "lacre-wrong-"));
  const file = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text, { mode: 0o600 });
    return join(folder, name);
  };
  afterAll(() => rmSync(folder, { recursive: true }));

  it("is named by where it comes from", async () => {
    const sign = (...args: string[]): string[] => ["sign", ...args, "GET", URL_OF_API];
    const short = { env: { ...env, LACRE_API_KEY: "lk1_abc" } };
    await refused(sign(), /^lacre: LACRE_API_KEY: is shorter than 32 bytes/, short);
    const cut = file("cut.key", "lk1_abc");
    await refused(sign("--key-file", cut), `lacre: ${cut}: is shorter than 32 bytes`);
    const empty = file("empty.key", "\n");
    await refused(sign("--key-file", empty), `lacre: ${empty} is empty`);
    const whole = file("whole.key", API_KEY);
    const request = file("r.http", "GET / HTTP/1.1\nHost: a.test\n\n");
    const ring = ["--key-file", whole, "--key-file", cut];
    await refused(["verify", "--file", request, ...ring], `lacre: ${cut}: is shorter than 32`);
  });
});

describe("a file that is not there", () => {
  const none = join(tmpdir(), "lacre-no-such-file");
  it.each([
    ["explain", ["--client", none]],
    ["explain", ["--client", "package.json", "--server", none]],
    ["explain", ["--client", "package.json", "--key-file", none]],
    ["explain", ["--client", "package.json", "--scheme-options", none]],
    ["verify", ["--file", none]],
    ["verify", ["--file", "package.json", "--key-file", none]],
    ["sign", ["--data-file", none, "GET", URL_OF_API]],
    ["sign", ["--key-file", none, "GET", URL_OF_API]],
    ["export", ["--openapi", none, "postman"]],
  ])("is said before anything else is missing: lacre %s %j", async (command, args) => {
    await refused([command, ...args], `Cannot read ${none}: there is no such file`, { env: {} });
  });

  it("is not a folder either", async () => {
    await refused(["explain", "--client", tmpdir()], "it is a folder", { env: {} });
  });

  it("is said after a key as an argument", async () => {
    const args = ["--client", none, "--api-key", API_KEY];
    await refused(["explain", ...args], "never given as an argument");
  });
});

describe("a request that no server would accept", () => {
  it.each([
    [["get", URL_OF_API], /method-refused.*capitals/],
    [["TRACE", URL_OF_API], "method-refused"],
    [["GET", `${URL_OF_API}/a b`], "Percent-encode it: %20"],
    [["GET", `${URL_OF_API}/${"x".repeat(8192)}`], "target-malformed"],
    [["GET", `${URL_OF_API}?Lacre-Nonce=1`], "credentials-repeated"],
    [["GET", "ftp://api.example.test/"], "no http or https URL"],
    [["GET", "https://user@api.example.test/"], "holds a user name"],
    [["GET", URL_OF_API, "-H", "X-A: 1", "-H", "x-a: 1"], "header-repeated: x-a"],
    [["GET", URL_OF_API, "-H", "X-A: é"], "header-malformed: x-a"],
    [["GET", URL_OF_API, "-H", "X_A: 1"], "The header X_A cannot be signed"],
    [["GET", URL_OF_API, "-H", "X-A"], "is not a header"],
    [["GET", URL_OF_API, "-H", "X-A: 1\nX-B: 2"], "is not a header"],
    [["GET", URL_OF_API, "-H", "Authorization: Basic eA=="], "Leave out the header Authorization"],
    [
      ["PUT", URL_OF_API, "--data", "x", "-H", "Content-Digest: x"],
      "Leave out the header Content-Digest",
    ],
    [["PUT", URL_OF_API, "--data", "x", "--data-file", "package.json"], "given twice"],
    [["GET", URL_OF_API, "more"], "too many arguments"],
    [["GET"], "Give METHOD and URL, or --requests FILE"],
  ])("lacre sign %j", async (args, message) => {
    await refused(["sign", ...args], message);
  });
});

describe("arguments for curl that cannot be signed", () => {
  it.each([
    [["-L"], /-L follows redirects/],
    [["-sSL"], /-L follows redirects/],
    [["-u", "a:b"], "-u puts other credentials"],
    [["--netrc"], "other credentials"],
    [["--retry", "3"], "same signature again"],
    [["-K", "file"], "does not see"],
    [["--crlf"], "changes the content"],
    [["--next", "-d", "x"], "more than one request"],
    [[URL_OF_API], "two URLs"],
    [["-T", "a", "-T", "b"], "two uploads"],
    [["-T", "a", "-d", "b"], "only one of"],
    [["-I", "-d", "b"], "only one of"],
    [["-G", "--json", "{}"], "--json makes content"],
    [["-C", "-", "-d", "b"], "only a part"],
    [["-C", "10"], "-H 'Range: bytes=100-'"],
    [["-r", "0-5"], "-H 'Range: bytes=0-5'"],
    [["--range", "0-5"], "-H 'Range: bytes=0-5'"],
    [["-z", "2026-11-30"], "-H 'If-Modified-Since: "],
    [["--etag-compare", "file"], "-H 'If-None-Match: "],
    [["--tr-encoding"], "cannot be signed, TE"],
    [["-H", "Content-Length: 1", "-d", "abc"], "curl sets the header Content-Length itself"],
    [["-H", "content-length:", "-d", "abc"], "Leave out your own"],
    [["-H", "Transfer-Encoding: chunked", "-d", "abc"], "Transfer-Encoding itself"],
    [["-H", "x_y: 1"], "The header x_y cannot be signed"],
    [["-H", "x.y: 1"], "The header x.y cannot be signed"],
    [["-G", "-d", "a b"], "Use --data-urlencode"],
    [["-d", "@/no/such/file"], "there is no such file"],
    [["-d", "\uFFFD"], "not UTF-8"],
    [["-H", "@-"], "ordinary file"],
    [["-H", "Authorization: x"], "Leave out your own"],
    [["-H", "Host:"], "one Host"],
    [["-H", "Host: a", "-H", "host: b"], "one Host"],
    [["--request-target", "*"], "target-malformed"],
    [["-X", "post"], "method-refused"],
    [["--request=POST"], "--request VALUE"],
    [["--unknown"], "not known to be an option"],
    [["-ß"], "not known to be an option"],
    [["--app-id", "demo"], "is an option of lacre. Write it before"],
    [["-o"], "needs a value"],
  ])("%j", async (args, message) => {
    await refused(["curl", "-s", URL_OF_API, ...args], message);
  });

  it.each([
    [[], "no URL"],
    [["ftp.example.test/x"], "no http or https URL"],
    [["--proto-default", "ftp", "example.test/x"], "no http or https URL"],
  ])("%j", async (args, message) => {
    await refused(["curl", "--", ...args], message);
  });
});

describe("the program itself", () => {
  it("explains itself", async () => {
    const { code, out } = await lacre(["--help"]);
    expect(code).toBe(0);
    for (const word of ["keygen", "sign", "curl", "verify", "LACRE_API_KEY", "Exit codes"])
      expect(out).toContain(word);
    expect(out).not.toContain("--api-key");
    expect((await lacre(["curl", "--help"])).out).toContain("--dry-run");
    expect((await lacre(["--version"])).out).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it("without a command is wrong use", async () => {
    expect((await lacre([])).code).toBe(2);
    await refused(["frobnicate"], "unknown command");
  });
});
