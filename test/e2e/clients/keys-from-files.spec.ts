import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "@jest/globals";
import { signFetch } from "@lacre/client";
import { signAxios } from "@lacre/client/axios";
import { signGot } from "@lacre/client/got";
import { HmacHttpModule } from "@lacre/client/nest";
import { Signer } from "@lacre/client/signer";
import { signSupertest } from "@lacre/client/supertest";
import { signUndici } from "@lacre/client/undici";
import { HmacModule } from "@lacre/nestjs";
import { Test } from "@nestjs/testing";
import axios from "axios";
import got from "got";
import supertest from "supertest";
import { Agent } from "undici";
import { WebSigner } from "../../../libs/client/src/platform/web-signer.js";
import { lacre } from "../../cli/lacre.js";
import { DEMO_KEY } from "../../support/app.js";

/** What a key becomes on its way through a file, a shell or an editor, and what is said of it. */
const SLIPS = [
  ["a line feed", `${DEMO_KEY}\n`, /ends with a line end\..*\.trim\(\)/],
  ["CR LF", `${DEMO_KEY}\r\n`, /ends with a line end\..*\.trim\(\)/],
  ["two line feeds", `${DEMO_KEY}\n\n`, /ends with a line end\./],
  ["a blank before", ` ${DEMO_KEY}`, /begins or ends with a blank\..*\.trim\(\)/],
  ["a blank behind", `${DEMO_KEY} `, /begins or ends with a blank\./],
  ["quotes", `"${DEMO_KEY}"`, /stands in quotation marks\./],
  ["a byte order mark", `\uFEFF${DEMO_KEY}`, /begins with a byte order mark/],
] as const;

type Taker = (apiKey: string) => unknown;
const signed = (apiKey: string) => ({ appId: "demo", apiKey });

/** Everything that takes a key. */
const TAKERS: readonly (readonly [string, Taker])[] = [
  ["signFetch", (key) => signFetch(fetch, signed(key))],
  ["signFetch, with a ring", (key) => signFetch(fetch, { appId: "demo", keys: [DEMO_KEY, key] })],
  [
    "signFetch, with a function",
    (key) =>
      signFetch(fetch, { appId: "demo", keys: () => [key], retries: 0 })("http://127.0.0.1:1"),
  ],
  ["a browser's signer", (key) => new WebSigner(signed(key))],
  ["signUndici", (key) => signUndici(new Agent(), signed(key))],
  ["signAxios", (key) => signAxios(axios.create(), signed(key))],
  ["signGot", (key) => signGot(got, signed(key))],
  ["signSupertest", (key) => signSupertest(supertest.agent("http://127.0.0.1:1"), signed(key))],
  ["Signer", (key) => new Signer(signed(key))],
  [
    "HmacHttpModule",
    (key) =>
      Test.createTestingModule({ imports: [HmacHttpModule.register(signed(key))] }).compile(),
  ],
  [
    "HmacModule",
    (key) =>
      Test.createTestingModule({
        imports: [HmacModule.forRoot({ origins: "*", apps: { demo: key } })],
      }).compile(),
  ],
];

const messageOf = async (take: Taker, key: string): Promise<string> => {
  try {
    await take(key);
    return "taken";
  } catch (error) {
    return (error as Error).message;
  }
};

describe.each(SLIPS)("a key with %s", (_name, key, said) => {
  it.each(TAKERS)("is named by %s, and not shown", async (_who, take) => {
    const message = await messageOf(take, key);
    expect(message).toMatch(/^(?:[\w.]*apiKey|keys\[1\]): /);
    expect(message).toMatch(said);
    expect(message).not.toContain(DEMO_KEY.slice(4, 12));
  });

  it("is named by the command line, and not shown", async () => {
    const env = { LACRE_APP_ID: "demo", LACRE_API_KEY: key };
    const { code, err } = await lacre(["sign", "GET", "https://api.example.com/"], { env });
    expect(code).toBe(2);
    expect(err.replaceAll(/\s+/g, " ")).toMatch(said);
    expect(err).not.toContain(DEMO_KEY.slice(4, 12));
  });
});

describe("a key file of the command line", () => {
  const folder = mkdtempSync(join(tmpdir(), "lacre-keys-"));
  afterAll(() => rmSync(folder, { recursive: true }));

  it.each([
    ["nothing", "", 0],
    ["one line feed", "\n", 0],
    ["one CR LF", "\r\n", 0],
    ["two line feeds", "\n\n", 2],
    ["a blank", " ", 2],
  ])("may end in one line end, and in nothing else: %s", async (name, end, expected) => {
    const path = join(folder, name);
    writeFileSync(path, DEMO_KEY + end, { mode: 0o600 });
    const args = ["sign", "--app-id", "demo", "--key-file", path, "GET", "https://a.example/"];
    expect((await lacre(args)).code).toBe(expected);
  });
});
