import { createServer, type IncomingMessage, type RequestListener } from "node:http";
import { once } from "node:events";
import { createServer as createTlsServer } from "node:tls";
import { connect, createServer as createNetServer, type AddressInfo } from "node:net";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "@jest/globals";
import { NestFactory } from "@nestjs/core";
import { ExpressAdapter } from "@nestjs/platform-express";
import { FastifyAdapter } from "@nestjs/platform-fastify";
import { contentOf, generateApiKey, NonceStoreStartingError, type Content } from "@lacre/core";
import { AWS_REGION, AWS_SERVICE, DemoModule } from "../../apps/demo/src/demo.module.js";
import { freshKeys } from "../../apps/demo/src/keys.js";
import { DEMO_KEY, PLATFORMS } from "../support/app.js";
import { isOutOfWindow } from "../support/signing-server.js";
import { freePort } from "../docs/workshop.js";
import { FaultyServer, headersThat, isFirst, type Faults } from "./faulty-server.js";
import { lacre } from "./lacre.js";

interface Finding {
  name: string;
  sent: string;
  expected: string;
  seen: string;
  verdict: string;
  cure?: string;
}

const ENV = { LACRE_APP_ID: "demo", LACRE_API_KEY: DEMO_KEY };

/** Examines a server, content included, and says what is bad of it. */
async function examine(url: string, args: string[] = [], env: Record<string, string> = ENV) {
  const { code, out, err } = await lacre(["doctor", url, "--json", ...args], { env });
  expect(err).toBe("");
  const { good, findings } = JSON.parse(out) as { good: boolean; findings: Finding[] };
  expect(code).toBe(good ? 0 : 1);
  expect(out).not.toContain(String(env["LACRE_API_KEY"]).slice(4));
  expect(out).not.toMatch(/[0-9a-f]{64}/); // no signature either
  const named = (verdict: string) =>
    findings.filter((each) => each.verdict === verdict).map(({ name }) => name);
  return {
    findings,
    bad: named("bad"),
    notChecked: named("not checked"),
    hints: named("hint"),
    out,
  };
}

async function examineFaulty(faults: Faults) {
  const server = await new FaultyServer(faults).start();
  try {
    const result = await examine(`${server.origin}/items`, [
      "--post-url",
      `${server.origin}/items`,
    ]);
    return { ...result, most: server.most };
  } finally {
    server.stop();
  }
}

describe.each(PLATFORMS)("lacre doctor and the demo on %s", (platform) => {
  it("finds nothing wrong", async () => {
    const keys = freshKeys();
    const adapter = platform === "express" ? new ExpressAdapter() : new FastifyAdapter();
    const port = await freePort();
    const origins = [`http://127.0.0.1:${port}`];
    const module = DemoModule.with({ keys, origins, bootFence: false });
    const app = await NestFactory.create(module, adapter, { logger: false, abortOnError: false });
    await app.listen(port, "127.0.0.1");
    try {
      const url = `http://127.0.0.1:${port}/orders`;
      const env = { LACRE_APP_ID: "orders", LACRE_API_KEY: keys.orders };
      const { bad, notChecked, findings } = await examine(url, ["--post-url", url], env);
      expect(findings.filter(({ verdict }) => verdict !== "good")).toEqual([]);
      expect({ bad, notChecked }).toEqual({ bad: [], notChecked: [] });
      expect(findings.length).toBeGreaterThan(30);

      const aws = [
        ...["--scheme", "aws-sigv4", "--region", AWS_REGION, "--service", AWS_SERVICE],
        ...["--app-id", "orders-aws"],
      ];
      const awsKey = { LACRE_API_KEY: keys.aws };
      const byAws = await examine(`http://127.0.0.1:${port}/aws`, aws, awsKey);
      expect(byAws.findings.filter(({ verdict }) => verdict === "bad")).toEqual([]);
      expect(byAws.notChecked).toEqual(["content"]);
    } finally {
      await app.close();
    }
  });
});

const ALL_CHANGED = [
  "content: JSON, changed",
  "content: chunked JSON, changed",
  "content: gzip JSON, changed",
  "content: form, changed",
  "content: text, changed",
  "content: binary, changed",
];

/** Content that is always what was claimed. */
const asClaimed = (_bytes: Buffer, { headers }: IncomingMessage): Content => {
  const digest = /:(.*):/.exec(String(headers["content-digest"]))?.[1];
  return {
    settle: () => (digest === undefined ? 0 : 1),
    digest: () => digest ?? "",
    bytes: () => new Uint8Array(),
    expect: () => undefined,
  };
};
const typeOf = (incoming: { headers: { "content-type"?: string } }): string =>
  incoming.headers["content-type"] ?? "";

// What is broken, how, and the checks that turn red, all of them.
const FAULTS: [string, Faults, string[]][] = [
  ["nothing", {}, []],
  [
    "lets in what is not signed",
    // Said first, of both routes, and nothing else is examined.
    { letsIn: ({ headers }) => headers.authorization === undefined },
    ["unsigned request", "unsigned request"],
  ],
  [
    "says 403 to what is not signed",
    {
      answers: (_refusal, answer, { headers }) => {
        if (headers.authorization !== undefined) return false;
        answer.writeHead(403).end();
        return true;
      },
    },
    ["unsigned request", "refused: no credentials", "uniform refusals"],
  ],
  ["takes any host", { origins: "*" }, ["host"]],
  [
    "puts its own host in place of the caller's",
    {
      head: (head, own) => ({
        ...head,
        rawHeaders: ["Host", own, ...headersThat(head.rawHeaders, (name) => name !== "host")],
      }),
    },
    ["host changed"],
  ],
  [
    "believes X-Forwarded-Host",
    {
      origins: "*",
      head: (head) => {
        const at = head.rawHeaders.indexOf("X-Forwarded-Host");
        const rest = headersThat(head.rawHeaders, (name) => name !== "host");
        return at < 0
          ? head
          : { ...head, rawHeaders: ["Host", head.rawHeaders[at + 1] ?? "", ...rest] };
      },
    },
    ["host", "forwarded host"],
  ],
  [
    "leaves the query out",
    { head: (head) => ({ ...head, target: head.target.split("?", 1)[0] ?? "" }) },
    ["target"],
  ],
  ["forgets nonces", { nonces: { claim: () => Promise.resolve("fresh" as const) } }, ["replay"]],
  [
    "reads the first line of each header only",
    {
      head: ({ rawHeaders, ...head }) => ({
        ...head,
        rawHeaders: headersThat(rawHeaders, (name, at) => isFirst(rawHeaders, name, at)),
      }),
    },
    ["two Authorization lines", "repeated header"],
  ],
  [
    "drops names with _",
    {
      head: ({ rawHeaders, ...head }) => ({
        ...head,
        rawHeaders: headersThat(rawHeaders, (name) => !name.includes("_")),
      }),
    },
    ["twin header"],
  ],
  [
    "leaves it to the caller what is signed",
    {
      head: ({ rawHeaders, ...head }) => {
        const list = /SignedHeaders=([^,]*)/.exec(rawHeaders.join("\n"))?.[1]?.split(";") ?? [];
        return {
          ...head,
          rawHeaders: headersThat(
            rawHeaders,
            (name) => list.includes(name) || name === "authorization",
          ),
        };
      },
    },
    ["twin header", "unsigned idempotency key", "unsigned method override"],
  ],
  [
    "believes whoever names the app",
    { letsIn: ({ headers }) => headers.authorization?.includes("Credential=demo,") === true },
    [
      "host",
      "host changed",
      "forwarded host",
      "target",
      "replay",
      "two Authorization lines",
      "repeated header",
      "twin header",
      "changed header",
      "unsigned idempotency key",
      "unsigned method override",
      "refused: wrong signature",
      "refused: an hour old",
      "refused: an hour old, wrong signature",
      "refused: two days old",
      "refused: an hour early",
      "uniform refusals",
      ...ALL_CHANGED,
      "content added",
      "content taken off",
    ],
  ],
  [
    "never looks at the content",
    { content: asClaimed },
    [...ALL_CHANGED, "content added", "content taken off"],
  ],
  [
    "looks at JSON alone",
    {
      content: (bytes, incoming) =>
        typeOf(incoming) === "application/json" ? contentOf(bytes) : asClaimed(bytes, incoming),
    },
    ["content: form, changed", "content: text, changed", "content: binary, changed"],
  ],
  [
    "looks at what has a length alone",
    {
      content: (bytes, incoming) =>
        incoming.headers["transfer-encoding"] === undefined
          ? contentOf(bytes)
          : asClaimed(bytes, incoming),
    },
    ["content: chunked JSON, changed"],
  ],
  [
    "hashes what is decompressed",
    {
      content: (bytes, { headers }) =>
        contentOf(headers["content-encoding"] === "gzip" ? gunzipSync(bytes) : bytes),
    },
    ["content: gzip JSON"],
  ],
  [
    "does not check compressed content",
    {
      content: (bytes, incoming) =>
        incoming.headers["content-encoding"] === undefined
          ? contentOf(bytes)
          : asClaimed(bytes, incoming),
    },
    ["content: gzip JSON, changed"],
  ],
  [
    "hashes what a parser made of it",
    {
      content: (bytes, incoming) =>
        contentOf(typeOf(incoming).includes("form") ? Buffer.from(`${bytes.toString()}&`) : bytes),
    },
    ["content: form"],
  ],
  [
    "takes content without a digest",
    {
      content: (bytes, incoming) =>
        incoming.headers["content-digest"] === undefined
          ? asClaimed(bytes, incoming)
          : contentOf(bytes),
    },
    ["content added"],
  ],
  [
    "checks nothing where nothing came",
    {
      content: (bytes, incoming) =>
        bytes.length === 0 ? asClaimed(bytes, incoming) : contentOf(bytes),
    },
    ["content taken off"],
  ],
  [
    "says why",
    {
      answers: (refusal, answer) => {
        if (refusal === undefined) return false;
        answer.writeHead(refusal.status).end(refusal.code);
        return true;
      },
    },
    ["uniform refusals"],
  ],
  [
    "has another header for one refusal",
    {
      answers: (refusal, answer) => {
        if (refusal?.code === "app-unknown") answer.setHeader("X-Unknown-App", "1");
        return false;
      },
    },
    ["uniform refusals"],
  ],
  [
    "has another status for one refusal",
    {
      answers: (refusal, answer) => {
        if (refusal?.code !== "app-unknown") return false;
        answer.writeHead(403).end("refused");
        return true;
      },
    },
    ["refused: unknown app", "uniform refusals"],
  ],
  [
    "has another challenge for one refusal",
    {
      answers: (refusal, answer) => {
        if (refusal?.code !== "signature-mismatch") return false;
        answer.setHeader("X-Request-Id", "7");
        answer.writeHead(401, { "WWW-Authenticate": "LACRE1-HMAC-SHA256" }).end("refused");
        return true;
      },
    },
    ["uniform refusals"],
  ],
  [
    "tells that a clock was wrong only where the signature was right",
    {
      answers: (refusal, answer) => {
        if (isOutOfWindow(refusal?.code ?? "")) answer.setHeader("Lacre-Clock", "out-of-window");
        return false;
      },
    },
    ["uniform refusals"],
  ],
  [
    "fails on a form",
    {
      answers: (refusal, answer, incoming) => {
        if (refusal !== undefined || !typeOf(incoming).includes("form")) return false;
        answer.writeHead(500).end();
        return true;
      },
    },
    ["content: form"],
  ],
];

describe("lacre doctor and a server that", () => {
  it.each(FAULTS)("%s", async (_name, faults, expected) => {
    const { bad, most, findings } = await examineFaulty(faults);
    expect(bad).toEqual(expected);
    for (const { verdict, cure } of findings) expect(cure !== undefined).toBe(verdict === "bad");
    if (bad.length === findings.length) expect(findings[0]?.cure).toContain("is not protected");
    expect(most).toBe(1); // one after the other
  });

  it("tells of every time that is out of its window is right", async () => {
    let told = 0;
    const { bad } = await examineFaulty({
      answers: (_refusal, answer, { headers }) => {
        const [, seconds = NaN] = /Timestamp=(\d+)/.exec(headers.authorization ?? "") ?? [];
        if (Math.abs(Date.now() / 1000 - Number(seconds)) > 300) {
          told++;
          answer.setHeader("Lacre-Clock", "out-of-window");
        }
        return false;
      },
    });
    expect(bad).toEqual([]);
    expect(told).toBeGreaterThan(3);
  });

  it("has a fault for every check", async () => {
    const { findings } = await examineFaulty({});
    const names = findings.map(({ name }) => name);
    const covered = FAULTS.flatMap(([, , bad]) => bad);
    // The rest is made to happen below.
    const others = [
      "reachable",
      "clock",
      "refused: garbage",
      "content: JSON",
      "content: chunked JSON",
      "content: text",
      "content: binary",
    ];
    expect(names.filter((name) => !covered.includes(name) && !others.includes(name))).toEqual([]);
  });

  it("says in English what was sent", async () => {
    const { findings } = await examineFaulty({});
    const sent = findings.flatMap(({ name, sent: what }) =>
      name.startsWith("refused: ") ? [what] : [],
    );
    expect(sent).toEqual([
      "a request with no credentials",
      "a request with garbage for credentials",
      "a request of an unknown app",
      "a request with a wrong signature",
      "a request signed an hour ago",
      "a request signed an hour ago, with a wrong signature",
      "a request signed two days ago",
      "a request signed for an hour from now",
    ]);
  });

  it("takes garbage for credentials, and honest content for changed", async () => {
    const lenient = await examineFaulty({
      letsIn: ({ headers }) => headers.authorization?.endsWith("garbage") === true,
    });
    expect(lenient.bad).toEqual(["refused: garbage", "uniform refusals"]);
    const strict = await examineFaulty({
      content: (bytes) => contentOf(bytes.length === 0 ? bytes : Buffer.concat([bytes, bytes])),
    });
    expect(strict.bad).toEqual([
      "content: JSON",
      "content: chunked JSON",
      "content: gzip JSON",
      "content: form",
      "content: text",
      "content: binary",
    ]);
  });

  it("has another time gets a hint, and no more", async () => {
    const { bad, hints, findings } = await examineFaulty({
      answers: (_refusal, answer) => {
        answer.setHeader("Date", new Date(Date.now() - 3_600_000).toUTCString());
        return false;
      },
    });
    expect({ bad, hints }).toEqual({ bad: [], hints: ["clock"] });
    expect(findings.find(({ name }) => name === "clock")?.seen).toMatch(
      /^3(?:599|600|601) s behind$/,
    );
  });

  it("is too busy is not judged by that", async () => {
    let count = 0;
    const { bad, notChecked } = await examineFaulty({
      answers: (_refusal, answer) => {
        if (++count < 12) return false;
        answer.writeHead(429).end();
        return true;
      },
    });
    expect(notChecked.length).toBeGreaterThan(10);
    expect(bad).toEqual([]);
  });
});

describe("lacre doctor where nothing gets in", () => {
  const only = async (listener: RequestListener) => {
    const server = createServer(listener);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    try {
      return await examine(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    } finally {
      server.close();
    }
  };

  it.each([
    [401, "The credentials are not taken"],
    [403, "may not call this route"],
    [404, "There is no such GET route"],
    [405, "There is no such GET route"],
    [500, "The route fails"],
    [503, "takes nothing yet"],
  ])("%s: says so, and checks no further", async (status, cure) => {
    const { findings } = await only((_incoming, answer) => answer.writeHead(status).end());
    expect(findings.map(({ name, verdict }) => [name, verdict])).toEqual([
      ["reachable", "bad"],
      ["clock", "good"],
    ]);
    expect(findings[0]?.cure).toContain(cure);
    expect(findings[0]?.seen).toBe(String(status));
  });

  it("follows no redirect", async () => {
    const { findings, bad } = await only((_incoming, answer) =>
      answer.writeHead(308, { Location: "https://a.test/\u009b31m" }).end(),
    );
    expect(bad).toEqual(["reachable"]);
    expect(findings[0]?.cure).toContain("It redirects to https://a.test/?31m.");
  });

  it("says that the port speaks http and not https, and the reverse", async () => {
    const plain = await new FaultyServer().start();
    const tls = createTlsServer().listen(0, "127.0.0.1");
    await once(tls, "listening");
    const tlsPort = (tls.address() as AddressInfo).port;
    try {
      const { hostname, port } = new URL(plain.origin);
      const toPlain = await examine(`https://${hostname}:${port}/items`);
      expect(toPlain.findings).toHaveLength(1);
      expect(toPlain.findings[0]?.seen).toMatch(
        /^no answer: TLS failed \([a-z ]+\): the port does not/,
      );
      expect(toPlain.findings[0]?.cure).toBe(
        `The port speaks http. Begin the URL with http://${hostname}:${port}`,
      );
      const toTls = await examine(`http://127.0.0.1:${tlsPort}/items`);
      expect(toTls.findings[0]?.cure).toBe(
        `The port speaks https. Begin the URL with https://127.0.0.1:${tlsPort}`,
      );
    } finally {
      plain.stop();
      tls.close();
    }
  });

  it("says so too where a port of TLS answers 400 in plain text, and of no other 400", async () => {
    const tls = createTlsServer().listen(0, "127.0.0.1");
    await once(tls, "listening");
    const HANDSHAKE = 0x16;
    const front = createNetServer((socket) => {
      socket.on("error", () => {});
      socket.once("data", (first) => {
        if (first[0] !== HANDSHAKE)
          return void socket.end("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
        const behind = connect((tls.address() as AddressInfo).port, "127.0.0.1");
        behind.write(first);
        behind.on("error", () => {});
        socket.pipe(behind).pipe(socket);
      });
    }).listen(0, "127.0.0.1");
    await once(front, "listening");
    const { findings } = await examine(
      `http://127.0.0.1:${(front.address() as AddressInfo).port}/`,
    );
    expect(findings[0]).toMatchObject({ seen: "400" });
    expect(findings[0]?.cure).toContain("The port speaks https");
    front.close();
    tls.close();
    const plain = await only((_incoming, answer) => answer.writeHead(400).end());
    expect(plain.findings[0]?.cure).toContain("The route fails");
  });

  it("says that nobody answers", async () => {
    const { findings } = await examine("http://127.0.0.1:1/");
    expect(findings).toHaveLength(1);
    expect(findings[0]?.seen).toMatch(/^no answer: .*ECONNREFUSED/);
  });

  it("says that the key is another one, and that the store is starting", async () => {
    const server = await new FaultyServer().start();
    const other = { ...ENV, LACRE_API_KEY: generateApiKey() };
    const { findings } = await examine(`${server.origin}/items`, [], other);
    expect(findings[0]).toMatchObject({ seen: "401", verdict: "bad" });
    server.stop();

    const starting = await examineFaulty({
      nonces: { claim: () => Promise.reject(new NonceStoreStartingError()) },
    });
    expect(starting.findings[0]).toMatchObject({ seen: "503", verdict: "bad" });
  });
});

describe("lacre doctor, for people", () => {
  it("says of each check what was sent, expected and seen", async () => {
    const server = await new FaultyServer({ origins: "*" }).start();
    const { code, out } = await lacre(["doctor", `${server.origin}/items`], { env: ENV });
    server.stop();
    expect(code).toBe(1);
    expect(out).toContain(`
BAD          host
             sent      a request rightly signed for lacre-doctor.invalid, as another server with this key might pass on
             expected  401 (or 400, 403, 404, 421 from whoever stands before it)
             seen      200
             cure      List the public origins of the server in place of origins: "*".
`);
    expect(out).toMatch(/\nnot checked {2}content\n/);
    expect(out).toMatch(/\n\n\d+ good, 1 bad, 1 not checked\.\n$/);
  });

  it.each([
    [["ftp://a.test"], "no http or https URL"],
    [["http://a.test", "--post-url", "b"], "no http or https URL"],
    [[], "missing required argument 'URL'"],
    [["http://a.test", "--api-key", DEMO_KEY], "never given as an argument"],
  ])("%j: exit code 2 and one line", async (args, message) => {
    const { code, out, err } = await lacre(["doctor", ...args], { env: ENV });
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toContain(message);
    expect(err).not.toContain(DEMO_KEY.slice(4));
  });
});
