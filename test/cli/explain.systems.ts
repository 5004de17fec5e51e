import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { need, run } from "../support/run.js";
import {
  API_KEY,
  Desk,
  KEY_BYTES,
  Recorder,
  digestField,
  make,
  type Plan,
} from "./explain-bench.js";

/*
 * The mistakes of other people's programs, made by these programs: curl, openssl, a shell, Python, PHP.
 */

const recorder = new Recorder();
const desk = new Desk();
beforeAll(async () => {
  need("curl", "apt-get install curl");
  need("python3", "apt-get install python3");
  need("php", "apt-get install php-cli");
  need("openssl", "apt-get install openssl");
  await recorder.start();
});
afterAll(async () => {
  await recorder.stop();
  desk.close();
});

const HOST = (): string => `127.0.0.1:${recorder.port}`;

/** curl with the headers that this client signed. */
async function curl(plan: Plan, args: string[] = [], target = plan.target ?? "/v1/items") {
  const made = make({ target: "/v1/items", ...plan, host: HOST() });
  const headers = made.headers
    .filter(([name]) => name !== "Host")
    .flatMap(([name, value]) => ["-H", `${name}: ${value}`]);
  const url = `${recorder.origin}${target}`;
  const { code, stderr } = await run("curl", ["-sS", "-X", made.method, ...headers, ...args, url]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return { made, ...(await desk.explain(made.text, recorder.last)) };
}

/** What a program makes of the canonical request on its standard input, as the client's signature. */
async function signedBy(command: string, args: string[], key = API_KEY, text?: Plan["text"]) {
  const plan: Plan = { ...(text === undefined ? {} : { text }) };
  const { stdout, stderr, code } = await run(command, args, { input: make(plan).text });
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  const made = make({ ...plan, mac: () => /[0-9a-f]{64,}/.exec(stdout)?.[0] ?? stdout.trim() });
  const headers = made.headers.map(([name, value]) => `${name}: ${value}`);
  const raw = [`GET ${made.target} HTTP/1.1`, ...headers, "", ""].join("\r\n");
  return desk.explain(raw, made.text, { key });
}

const JSON_TYPE: [string, string] = ["Content-Type", "application/json"];

describe("lacre explain, of what other programs do", () => {
  it("curl folds ../ unless it is told not to", async () => {
    const plan = { target: "/v1/a/../items" };
    expect((await curl(plan)).causes).toEqual(["dots-folded"]);
    expect(recorder.last.toString("latin1")).toMatch(/^GET \/v1\/items /);
    expect((await curl(plan, ["--path-as-is"])).causes).toEqual(["key-unknown"]);
  });

  it("curl -d adds the type of a form, which the client did not sign", async () => {
    const { causes } = await curl({ method: "POST", body: '{"n":1}' }, ["-d", '{"n":1}']);
    expect(causes).toEqual(["content-type-added"]);
  });

  it("curl -d @file drops line ends, and a file that echo wrote has one", async () => {
    const path = desk.file("body", "");
    const echo = await run("sh", ["-c", `echo '{"n":1}' > ${path}; cat ${path}`]);
    const plan = { method: "POST", body: echo.stdout, headers: [JSON_TYPE] };
    expect((await curl(plan, ["-d", `@${path}`])).causes).toEqual(["content-line-at-end"]);
    expect((await curl(plan, ["--data-binary", `@${path}`])).causes).toEqual(["key-unknown"]);
  });

  it("Python's json writes spaces that JSON.stringify does not", async () => {
    const dumped = await run("python3", [
      "-c",
      `import json; print(json.dumps({"n": 1, "item": "th\\u00e9"}), end="")`,
    ]);
    const plan: Plan = {
      method: "POST",
      headers: [JSON_TYPE],
      digest: digestField(JSON.stringify({ n: 1, item: "thé" })),
      body: dumped.stdout,
    };
    expect((await curl(plan, ["--data-raw", dumped.stdout])).causes[0]).toBe(
      "json-serialised-again",
    );
  });

  it("Python's quote and urlencode do not write a space alike", async () => {
    const [quoted = "", encoded = ""] = (
      await run("python3", [
        "-c",
        `from urllib.parse import *; print(quote("a b~")); print(urlencode({"tag": "a b~"}))`,
      ])
    ).stdout.split("\n");
    const { causes } = await curl({ target: `/v1?tag=${quoted}` }, [], `/v1?${encoded}`);
    expect(causes).toEqual(["space-plus"]);
  });

  it.each<[string, string, string[]]>([
    ["key-as-text", "openssl", ["dgst", "-sha256", "-hmac", API_KEY]],
    ["key-in-hex", "openssl", ["dgst", "-sha256", "-hmac", KEY_BYTES.toString("hex")]],
    [
      "key-with-line-end",
      "python3",
      [
        "-c",
        `import hmac,sys; print(hmac.new(b"${API_KEY}\\n", sys.stdin.buffer.read(), "sha256").hexdigest())`,
      ],
    ],
    [
      "text-with-line-end",
      "sh",
      [
        "-c",
        `t=$(cat); echo "$t" | openssl dgst -sha256 -mac HMAC -macopt hexkey:${KEY_BYTES.toString("hex")}`,
      ],
    ],
    [
      "mac-in-base64",
      "sh",
      [
        "-c",
        `openssl dgst -sha256 -binary -mac HMAC -macopt hexkey:${KEY_BYTES.toString("hex")} | base64 -w0`,
      ],
    ],
    [
      "hash-of-other-algorithm",
      "php",
      [
        "-r",
        `echo hash_hmac("sha512", file_get_contents("php://stdin"), hex2bin("${KEY_BYTES.toString("hex")}"));`,
      ],
    ],
  ])("%s, by %s", async (id, command, args) => {
    const { causes, code } = await signedBy(command, args);
    expect({ code, first: causes[0] }).toEqual({ code: 1, first: id });
  });

  it("openssl with hexkey is right", async () => {
    const hexkey = `hexkey:${KEY_BYTES.toString("hex")}`;
    const { causes, code } = await signedBy("openssl", [
      "dgst",
      "-sha256",
      "-mac",
      "HMAC",
      "-macopt",
      hexkey,
    ]);
    expect({ code, causes }).toEqual({ code: 0, causes: ["key-fits"] });
  });

  it("PHP's base64_decode drops what is of base64url", async () => {
    const bytes = createHash("sha256").update("3").digest();
    const key = `lk1_${bytes.toString("base64url")}`;
    expect(key.slice(4)).toMatch(/[-_]/);
    const { causes } = await signedBy(
      "php",
      [
        "-r",
        `echo hash_hmac("sha256", file_get_contents("php://stdin"), base64_decode("${key.slice(4)}"));`,
      ],
      key,
    );
    expect(causes).toEqual(["key-decoded-by-other-alphabet"]);
  });
});
