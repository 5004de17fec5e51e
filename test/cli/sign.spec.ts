import { createHash, createHmac } from "node:crypto";
import { EventEmitter } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import type { Output } from "../../apps/cli/src/io.js";
import { writeAll } from "../../apps/cli/src/write-all.js";
import { lacre } from "./lacre.js";
import { vectors, type Vector } from "./vectors.js";

const NOT_GIVEN = ["authorization", "host", "content-digest"];

const originOf = ({ request, origins }: Vector): string | undefined => {
  const host = request.headers.find(([name]) => name.toLowerCase() === "host")?.[1];
  return origins.find((origin) => origin.endsWith(`//${host}`));
};

/** HMAC with the bytes that an `lk1_` text stands for: docs/protocol.md, section 8. */
function macOf(text: string): string {
  const [algorithm = "", appId] = text.split("\n");
  const hash = algorithm.slice(-6).toLowerCase();
  const keys = vectors.apps.find((app) => app.appId === appId)?.keys ?? [];
  const key = keys.find(
    (candidate) => candidate.algorithm === hash && candidate.state === "active",
  );
  return createHmac(hash, Buffer.from(key?.apiKey.slice(4) ?? "", "base64url"))
    .update(text)
    .digest("hex");
}

/** What the request of a case is signed with on the command line. */
async function signAgain(vector: Vector, text: string) {
  const [algorithm = "", appId = "", timestamp] = text.split("\n");
  const headers = vector.request.headers.filter(
    ([name]) => !NOT_GIVEN.includes(name.toLowerCase()),
  );
  const keys = vectors.apps.find((app) => app.appId === appId)?.keys ?? [];
  const hash = algorithm.slice(-6).toLowerCase();
  const apiKey = keys.find((key) => key.algorithm === hash && key.state === "active")?.apiKey;
  const { method, target, content } = vector.request;
  return lacre(
    [
      "sign",
      method,
      `${originOf(vector)}${target}`,
      "--json",
      "--data-file",
      "-",
      "--algorithm",
      hash,

      ...headers.flatMap(([name, value]) => ["-H", `${name}: ${value}`]),
    ],
    {
      stdin: Buffer.from(content, "base64"),
      env: { LACRE_APP_ID: appId, LACRE_API_KEY: apiKey },
      nowSeconds: Number(timestamp),
    },
  );
}

// A sender of its own mind: another digest, or a name that is left unsigned where this signer refuses it.
const OTHER_CHOICES = [
  "digest-of-nothing",
  "digest-sha512",
  "digest-sha512-of-nothing",
  "header-unsigned-anything",
];

const CASES = vectors.cases.flatMap((vector) => {
  const { name, canonicalRequest: text, mac, valid, authorization } = vector;
  const chosenSo =
    valid &&
    authorization !== null &&
    !OTHER_CHOICES.includes(name) &&
    originOf(vector) !== undefined;
  // The MAC is that of the first live key, or the case is about another one.
  return chosenSo && text !== null && macOf(text) === mac ? [{ name, vector, text }] : [];
});

describe("lacre sign, by docs/vectors/lacre1.json", () => {
  it("has enough cases to mean something", () => {
    expect(CASES.length).toBeGreaterThanOrEqual(40);
  });

  it.each(CASES)("$name", async ({ vector, text }) => {
    const { code, out, err } = await signAgain(vector, text);
    expect({ code, err: err.replace(/^lacre: note.*\n/, "") }).toEqual({ code: 0, err: "" });
    const { headers, canonicalRequest } = JSON.parse(out) as {
      headers: Record<string, string>;
      canonicalRequest: string;
    };

    // Every signature has a nonce of its own; all else is the vector's.
    const nonce = /Nonce=([\w-]{16,128})/.exec(headers["authorization"] ?? "")?.[1] ?? "";
    const expected = text.split("\n").with(3, nonce).join("\n");
    expect(canonicalRequest).toBe(expected);
    expect(/Signature=(\w+)/.exec(headers["authorization"] ?? "")?.[1]).toBe(macOf(expected));
  });
});

const KEY = "lk1_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
const env = { LACRE_APP_ID: "demo", LACRE_API_KEY: KEY };
const digestOf = (...parts: readonly Uint8Array[]): string => {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return `sha-256=:${hash.digest("base64")}:`;
};

let folder: string;
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), "lacre-sign-"))));
afterAll(() => rmSync(folder, { recursive: true }));

describe("content in a file", () => {
  const sign = (stdin: Uint8Array | AsyncIterable<Uint8Array>, ...more: string[]) =>
    lacre(["sign", "PUT", "https://api.example.test/f", "--data-file", "-", ...more], {
      env,
      stdin,
    });

  it("is signed in little memory, whatever its size", async () => {
    const chunk = Buffer.alloc(1 << 20, 7);
    const chunks = 300;
    let most = 0;
    async function* large() {
      for (let i = 0; i < chunks; i++) {
        most = Math.max(most, process.memoryUsage().arrayBuffers);
        yield chunk;
      }
    }
    const before = process.memoryUsage().arrayBuffers;
    const { code, out } = await sign(large());
    expect(code).toBe(0);
    expect(out).toContain(digestOf(...Array.from({ length: chunks }, () => chunk)));
    expect(most - before).toBeLessThan(32 << 20);
  });

  it("is nothing where the file is empty", async () => {
    const { out, err } = await sign(Buffer.alloc(0));
    expect([out.includes("content-digest"), err]).toEqual([false, ""]);
  });

  it("is taken whole for a scheme that signs the bytes", async () => {
    const { code, out } = await lacre(
      [
        ...["sign", "POST", "https://api.example.test/f", "--data-file", "-", "--encoding", "text"],
        ...["--scheme", "body-signature", "--scheme-option", "signatureHeader=x-sig"],
        ...["--scheme-option", "template={body}"],
      ],
      {
        env: { LACRE_APP_ID: "acme", LACRE_API_KEY: "0123456789abcdefghijklmnopqrstuv" },
        stdin: Buffer.from("hello"),
      },
    );
    const mac = createHmac("sha256", "0123456789abcdefghijklmnopqrstuv")
      .update("hello")
      .digest("hex");
    expect([code, out]).toEqual([0, expect.stringContaining(mac)]);
  });

  it("takes the standard input for one thing alone", async () => {
    expect(await sign(Buffer.from(KEY), "--key-file", "-")).toMatchObject({
      code: 2,
      out: "",
      err: expect.stringContaining("The standard input is given twice"),
    });
  });
});

describe("many requests", () => {
  const many = (lines: readonly (object | string)[], ...more: string[]) =>
    lacre(["sign", "--requests", "-", ...more], {
      env,
      nowSeconds: 1_700_000_000,
      stdin: lines
        .map((line) => (typeof line === "string" ? line : JSON.stringify(line)))
        .join("\n"),
    });

  interface Out {
    readonly method: string;
    readonly url: string;
    readonly headers: Readonly<Record<string, string>>;
  }

  it("come out in their order, each with a signature of its own", async () => {
    writeFileSync(join(folder, "body.bin"), Buffer.from([0, 255, 10]));
    const given = [
      { url: "https://api.example.test/a?b=c%20d" },
      { method: "POST", url: "https://api.example.test/b", body: "é\u2028", tag: { n: 1 } },
      {
        method: "PUT",
        url: "https://api.example.test/c",
        bodyBase64: "AP8K",
        headers: { "X-A": "1" },
      },
      { method: "PUT", url: "https://api.example.test/d", bodyFile: join(folder, "body.bin") },
    ];
    const { code, out, err } = await many([
      "\uFEFF",
      ...given.slice(0, 2),
      "",
      ...given.slice(2),
      "",
    ]);
    expect([code, err]).toEqual([0, ""]);
    const signed = out
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as Out);
    expect(signed).toMatchObject([{ method: "GET" }, {}, {}, {}]);
    const bare = (request: object) => ({ method: "GET", ...request, headers: undefined });
    expect(signed.map(bare)).toEqual(given.map(bare));
    expect(signed.map(({ headers }) => headers["content-digest"])).toEqual([
      undefined,
      digestOf(Buffer.from("é\u2028")),
      digestOf(Buffer.from([0, 255, 10])),
      digestOf(Buffer.from([0, 255, 10])),
    ]);
    expect(signed[2]?.headers["X-A"]).toBe("1");

    const nonces = new Set<string>();
    for (const { method, url, headers } of signed) {
      const authorization = headers["authorization"] ?? "";
      const part = (name: string) => new RegExp(`${name}=([^,]+)`).exec(authorization)?.[1] ?? "";
      nonces.add(part("Nonce"));
      const values = new Map(
        Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
      );
      values.set("host", "api.example.test");
      const names = part("SignedHeaders").split(";");
      const text = [
        ...["LACRE1-HMAC-SHA256", "demo", "1700000000", part("Nonce"), method],
        url.replace("https://api.example.test", ""),
        ...names.map((name) => `${name}:${values.get(name)}`),
        ...["", names.join(";")],
      ].join("\n");
      const mac = createHmac("sha256", Buffer.from(KEY.slice(4), "base64url")).update(text);
      expect(part("Signature")).toBe(mac.digest("hex"));
    }
    expect(nonces.size).toBe(4);
  });

  it("are signed as they come: none waits for the one after it", async () => {
    const seen: number[] = [];
    let written = 0;
    async function* slow() {
      for (let i = 0; i < 3; i++) {
        seen.push(written);
        yield Buffer.from(`{"url":"https://api.example.test/${i}"}\n`);
      }
    }
    await lacre(["sign", "--requests", "-"], { env, stdin: slow(), wrote: () => (written += 1) });
    expect(seen).toEqual([0, 1, 2]);
  });

  it.each([
    ["no json", "is no JSON object"],
    ["[]", "is no JSON object"],
    [{}, "url is missing"],
    [{ url: 1 }, "url must be a text"],
    [{ url: "https://a.test/", boddy: "x" }, '"boddy" is not known'],
    [{ url: "https://a.test/", headers: ["a"] }, "headers must be an object of texts"],
    [{ url: "https://a.test/", headers: { a: 1 } }, "headers must be an object of texts"],
    [{ url: "https://a.test/", body: "", bodyBase64: "" }, "the content is given twice"],
    [{ url: "https://a.test/", bodyBase64: "a" }, "bodyBase64 is not Base64"],
    [{ url: "https://a.test/", bodyFile: "-" }, "bodyFile must be a file"],
    [{ url: "https://a.test/", bodyFile: "none" }, "there is no such file"],
    [{ url: "https://a.test/", headers: { authorization: "x" } }, "Leave out the header"],
    [{ url: "ftp://a.test/" }, "no http or https URL"],
    [{ url: "https://a.test/", headers: { "X-A": "1", "x-a": "2" } }, "header-repeated"],
  ])("%j: says the line and what is wrong", async (line, reason) => {
    const { code, out, err } = await many([{ url: "https://a.test/" }, line]);
    expect([code, out.split("\n").length, err]).toEqual([2, 2, expect.stringContaining(reason)]);
    expect(err).toMatch(/^lacre: line 2: .*\n$/);
  });

  it("go with nothing that is of one request", async () => {
    const { code, err } = await many([], "--data", "x");
    expect([code, err]).toEqual([
      2,
      expect.stringContaining("--requests signs what its lines say"),
    ]);
    const none = await lacre(["sign", "GET"], { env });
    expect([none.code, none.err]).toEqual([2, expect.stringContaining("Give METHOD and URL")]);
  });

  it("are bounded: a line without an end is refused before it is too long for a text", async () => {
    let given = 0;
    async function* endless() {
      yield Buffer.from('{"url":"https://a.test/"}\n{"body":"');
      for (; given < 600; given++) yield Buffer.alloc(1024 * 1024, "a");
    }
    const { code, err } = await lacre(["sign", "--requests", "-"], { env, stdin: endless() });
    expect([code, err]).toEqual([
      2,
      expect.stringMatching(/^lacre: line 2: is longer than 64 MiB\. .*bodyFile\.\n$/),
    ]);
    expect(given).toBeLessThan(70);
  });

  it("leaves no listener behind with a reader that is slow, and ends with one that goes", async () => {
    const slow = new EventEmitter() as EventEmitter & Output;
    let isRead = true;
    let most = 0;
    let written = 0;
    slow.write = () => {
      written += 1;
      setImmediate(() => {
        most = Math.max(most, slow.listenerCount("drain"), slow.listenerCount("close"));
        if (written === 40) isRead = false;
        slow.emit(isRead ? "drain" : "close");
      });
      return false;
    };
    Object.defineProperty(slow, "writable", { get: () => isRead });
    for (let i = 0; (await writeAll(slow, "a")) && i < 100; i++);
    expect([written, most]).toEqual([40, 1]);
    expect([slow.listenerCount("drain"), slow.listenerCount("close")]).toEqual([0, 0]);
  });

  it("refuses bytes that are no text", async () => {
    const { code, err } = await lacre(["sign", "--requests", "-"], {
      env,
      stdin: Buffer.from([0xff]),
    });
    expect([code, err]).toEqual([2, expect.stringContaining("not UTF-8")]);
  });
});
