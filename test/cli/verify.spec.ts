import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "@jest/globals";
import { lacre } from "./lacre.js";
import { vectors, type Vector } from "./vectors.js";

const folder = mkdtempSync(join(tmpdir(), "lacre-verify-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** The case as bytes on the wire. */
function render({ request }: Vector, lineEnd: string): Buffer {
  const { method, target, headers, content } = request;
  const lines = [
    `${method} ${target} HTTP/1.1`,
    ...headers.map(([name, value]) => `${name}: ${value}`),
    "",
    "",
  ];
  const body = Buffer.from(content, "base64");
  const chunked = headers
    .filter(([name]) => name.toLowerCase() === "transfer-encoding")
    .map(([, value]) => value.trim());
  const coded = chunked.length === 1 && chunked[0]?.toLowerCase() === "chunked";
  return Buffer.concat([Buffer.from(lines.join(lineEnd), "latin1"), coded ? chunk(body) : body]);
}

function chunk(body: Buffer): Buffer {
  const [first, second] = [body.subarray(0, 3), body.subarray(3)];
  const coded = [first, second]
    .filter((part) => part.length > 0)
    .map((part) =>
      Buffer.concat([
        Buffer.from(`${part.length.toString(16)};x=1\r\n`),
        part,
        Buffer.from("\r\n"),
      ]),
    );
  return Buffer.concat([...coded, Buffer.from("0\r\nTrailer: x\r\n\r\n")]);
}

/** The key or keys of the app that the case names, as arguments: only what the command line can say. */
function keyArguments(vector: Vector): string[] | undefined {
  const credentials = vector.authorization ?? vector.request.target;
  const appId = /Credential=([^,&\s]*)/.exec(credentials)?.[1] ?? "demo";
  const app = vectors.apps.find((candidate) => candidate.appId === appId) ?? vectors.apps[0];
  const keys = app?.keys ?? [];
  const [first] = keys;
  if (app === undefined || first === undefined) return undefined;
  if (
    keys.some(
      ({ algorithm, state, notBefore, expiresAt }) =>
        algorithm !== first.algorithm ||
        state !== "active" ||
        notBefore !== undefined ||
        expiresAt !== undefined,
    )
  )
    return undefined;
  const files = keys.map(({ apiKey }) => {
    const path = join(folder, apiKey);
    writeFileSync(path, `${apiKey}\n`, { mode: 0o600 });
    return path;
  });
  return [
    "--app-id",
    app.appId,
    "--algorithm",
    first.algorithm,
    ...files.flatMap((path) => ["--key-file", path]),
  ];
}

// A line cannot hold these; a request line cannot be without a method; and a parser counts by Content-Length.
function canBeRendered({ name, request, signedHeaders }: Vector): boolean {
  const { method, target, headers } = request;
  const texts = [method, target, ...headers.flat()];
  return (
    signedHeaders.length === 0 &&
    !texts.some((text) => /[\0-\x1f\x7f]/.test(text)) &&
    method !== "" &&
    !method.includes(" ") &&
    headers.every(([header]) => /^[\w.-]+$/.test(header)) &&
    name !== "content-length-zero"
  );
}

const cases = vectors.cases.filter(canBeRendered).flatMap((vector) => {
  const keys = keyArguments(vector);
  return keys === undefined ? [] : [{ name: vector.name, vector, keys }];
});

describe("lacre verify, by docs/vectors/lacre1.json", () => {
  it("has enough cases to mean something", () => {
    expect(cases.filter(({ vector }) => vector.valid).length).toBeGreaterThanOrEqual(40);
    expect(cases.filter(({ vector }) => !vector.valid).length).toBeGreaterThanOrEqual(150);
    expect(new Set(cases.map(({ vector }) => vector.refusal)).size).toBeGreaterThanOrEqual(20);
  });

  it.each(cases)("$name", async ({ vector, keys }) => {
    for (const lineEnd of ["\r\n", "\n"]) {
      const path = join(folder, "request.http");
      writeFileSync(path, render(vector, lineEnd));
      const origins = vector.origins.flatMap((origin) => ["--origin", origin]);
      const time = ["--at", String(vector.now), "--max-age", String(vectors.maxAge)];
      const presigned = ["--presigned", String(vector.presignedSeconds)];
      const { code, out, err } = await lacre([
        "verify",
        "--json",
        "--file",
        path,
        ...origins,
        ...time,
        ...presigned,
        ...keys,
      ]);
      expect(err).toBe("");
      const verdict = JSON.parse(out) as Record<string, unknown>;
      expect(verdict["code"] ?? null).toBe(vector.refusal);
      expect(code).toBe(vector.valid ? 0 : 1);
      if (!vector.valid) continue;
      expect(verdict["canonicalRequest"]).toBe(vector.canonicalRequest);
      const sha256 = createHash("sha256")
        .update(vector.canonicalRequest ?? "")
        .digest("hex");
      expect(verdict["canonicalSha256"]).toBe(sha256);
    }
  });
});

describe("lacre verify, for people", () => {
  const worked = vectors.cases.find(({ name }) => name === "worked-example") as Vector;
  const stdin = render(worked, "\r\n");
  const env = { LACRE_APP_ID: "demo", LACRE_API_KEY: vectors.apps[0]?.keys[0]?.apiKey };

  it("says that a request is accepted, and what was signed", async () => {
    const { code, out, err } = await lacre(["verify", "--at", "1700000000"], { env, stdin });
    expect(code).toBe(0);
    expect(out).toMatch(/^accepted\napp demo, /);
    expect(out).toContain("c5aa3c13ace8bc7f7617bd3e042686d5748ab1d907834b4b51bf4df3efd83bbf"); // docs/protocol.md, 1.1
    expect(out).toContain(`\n\n${worked.canonicalRequest}\n`);
    expect(err).toContain("any host is taken");
  });

  it("says why a request is refused", async () => {
    const changed = Buffer.from(stdin.toString("latin1").replace("tag=a", "tag=b"), "latin1");
    const { code, out } = await lacre(["verify", "--at=1700000000"], { env, stdin: changed });
    expect(code).toBe(1);
    expect(out).toMatch(/^refused: signature-mismatch, answered with 401\nThe signature is not/);
    expect(out).toContain("/v1/items?tag=b%20b");
  });

  it("says when the canonical request was never made", async () => {
    const { code, out } = await lacre(["verify"], {
      env,
      stdin: Buffer.from("GET / HTTP/1.1\nHost: a\n\n"),
    });
    expect({ code, out }).toEqual({ code: 1, out: expect.stringContaining("did not come as far") });
  });

  it("names what a request of another scheme has, and not its value", async () => {
    const { code, out } = await lacre(["verify"], {
      env,
      stdin: 'GET / HTTP/1.1\nHost: a\nAuthorization: Hawk id="a", mac="c2VjcmV0"\n\n',
    });
    expect(code).toBe(1);
    expect(out).toContain("Note: the request has Authorization: Hawk, and the route takes ");
    expect(out).toContain("--scheme");
    expect(out).not.toContain("c2VjcmV0");
  });

  it.each([
    ["hawk", 60],
    ["lacre1", 300],
  ])("--max-age is in place of the age of %s, %d s", async (scheme, age) => {
    const keys = {
      ...env,
      LACRE_API_KEY:
        scheme === "hawk" ? "werxhqb98rpaxn39848xrunpaw3489ruxnpa98w4rxn" : env.LACRE_API_KEY,
    };
    const signed = await lacre(["sign", "GET", "https://a.test/", "--scheme", scheme], {
      env: keys,
      nowSeconds: 1_700_000_000,
    });
    const request = `GET / HTTP/1.1\nHost: a.test\n${signed.out.trim()}\n\n`;
    const judged = async (after: number, ...more: string[]): Promise<string> => {
      const at = ["--at", String(1_700_000_000 + after), "--scheme", scheme];
      const { out } = await lacre(["verify", ...at, ...more], { env: keys, stdin: request });
      return out.split("\n")[0] ?? "";
    };
    expect(await judged(age)).toBe("accepted");
    expect(await judged(age + 1)).toContain("timestamp-too-old");
    expect(await judged(age + 1, "--max-age", String(age + 1))).toBe("accepted");
    expect(await judged(11, "--max-age", "10")).toContain("timestamp-too-old");
  });

  it.each([
    [
      "hawk",
      "get / HTTP/1.1\nHost: a\n",
      'Hawk id="demo", ts="1700000000", nonce="a", mac="bWFj"',
      /method-refused[\s\S]*The method must be written in capitals/,
    ],
    [
      "acquia2",
      "GET / HTTP/1.1\nHost: a\nContent-Encoding: gzip\nX-Authorization-Timestamp: 1700000000\n",
      `acquia-http-hmac realm="r",id="demo",nonce="d1954337-5319-4821-8427-115542e08d10",version="2.0",headers="",signature="${"A".repeat(43)}="`,
      /header-unsigned[\s\S]*named in the attribute headers/,
    ],
  ])("explains a refusal as %s needs it", async (scheme, head, authorization, told) => {
    const { out } = await lacre(
      [
        "verify",
        "--at=1700000000",
        "--scheme",
        scheme,
        ...(scheme === "acquia2" ? ["--realm=r"] : []),
      ],
      {
        env: {
          ...env,
          LACRE_API_KEY: Buffer.from("0123456789abcdefghijklmnopqrstuv").toString("base64"),
        },
        stdin: `${head}Authorization: ${authorization}\n\n`,
      },
    );
    expect(out).toMatch(told);
  });

  it("refuses content that ends too early", async () => {
    const request = stdin.toString("latin1").replace("\r\n\r\n", "\r\nContent-Length: 8\r\n\r\n");
    const { out } = await lacre(["verify", "--at", "1700000000"], {
      env,
      stdin: Buffer.from(request, "latin1"),
    });
    expect(out).toContain("refused: content-incomplete (7 bytes are there), answered with 401");
  });

  it("leaves out what follows the content", async () => {
    const request = `${stdin.toString("latin1").replace("\r\n\r\n", "\r\nContent-Length: 7\r\n\r\n")}\r\nGET / HTTP/1.1`;
    const { code } = await lacre(["verify", "--at", "1700000000"], {
      env,
      stdin: Buffer.from(request, "latin1"),
    });
    expect(code).toBe(0);
  });

  it.each([
    [["--at", "yesterday"], stdin, "--at is no moment"],
    [["--max-age", "-1"], stdin, "--max-age is no number"],
    [["--origin", "api.example.test"], stdin, "has no scheme. Write it as callers do"],
    [[], Buffer.from("hello\n"), "no request line"],
    [["--file", "/no/such/file"], stdin, "there is no such file"],
  ])("%j: exit code 2 and one line", async (args, input, message) => {
    const { code, out, err } = await lacre(["verify", ...args], { env, stdin: input });
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toContain(message);
    expect(err.trim().split("\n")).toHaveLength(1);
  });
});

// Of GitHub's documents: a secret of 26 bytes, which a server takes only with minKeyBytes.
describe("lacre verify with a short secret", () => {
  const secret = "It's a Secret to Everybody";
  const message = (content: string): Buffer =>
    Buffer.from(
      [
        "POST /h HTTP/1.1",
        "Host: api.example.com",
        `Content-Length: ${content.length}`,
        "X-Hub-Signature-256: sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17",
        "",
        content,
      ].join("\r\n"),
    );
  const verify = (content: string, apiKey = secret) => {
    const key = join(folder, "short.key");
    writeFileSync(key, apiKey, { mode: 0o600 });
    const args = ["--origin", "https://api.example.com", "--scheme", "github", "--app-id", "gh"];
    const keys = ["--encoding", "text", "--key-file", key];
    return lacre(["verify", ...args, ...keys], { env: {}, stdin: message(content) });
  };

  it("judges the message, and says on what condition a server would", async () => {
    const { code, out, err } = await verify("Hello, World!");
    expect([code, out.split("\n")[0]]).toEqual([0, "accepted"]);
    expect(err).toContain("the key has 26 bytes. A server takes fewer than 32 only if");
    expect(err).toContain("minKeyBytes or weakKeys");
    expect(out + err).not.toContain("Everybody");
  });

  it.each([
    ["other content", "Hello, World?", secret],
    ["another secret", "Hello, World!", "It's a secret to Everybody"],
    ["the secret in quotation marks, as shells leave them", "Hello, World!", `"${secret}"`],
  ])("refuses %s", async (what, content, apiKey) => {
    const { code, out, err } = await verify(content, apiKey);
    expect(code).toBe(what.includes("marks") ? 2 : 1);
    expect(out + err).toContain(what.includes("marks") ? "quotation marks" : "signature-mismatch");
    expect(out + err).not.toContain("Everybody");
  });
});
