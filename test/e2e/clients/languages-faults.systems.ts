import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { createServer, type AddressInfo, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { Driver } from "../../clients/driver.js";
import { LANGUAGES } from "../../clients/languages.js";
import { ROOT } from "../../docs/markdown.js";
import { run } from "../../support/run.js";

/** The clients in other languages, on what a server answers amiss and a caller gives amiss. */
const KEY = "lk1_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
const CHUNKED = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
const SENT: Record<string, string> = {
  "/interim":
    "HTTP/1.1 103 Early Hints\r\nX-Early: 1\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n" +
    "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\ntea",
  "/chunks": `${CHUNKED}2\r\nte\r\n1;x=y\r\na\r\n0\r\nX-Trailer: 1\r\n\r\n`,
  "/until-the-end": "HTTP/1.1 200 OK\r\n\r\ntea",
  "/short": "HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\nhello",
  "/short-chunk": `${CHUNKED}b\r\nhello`,
  "/short-of-a-chunk": `${CHUNKED}5\r\nhello\r\n`,
  "/interim-alone": "HTTP/1.1 103 Early Hints\r\n\r\n",
  "/words": "hello: world\r\n\r\ntea",
  "/no-line": "hello",
  "/nothing": "",
};
/** What comes before a byte now and then, for ever. */
const DRIPS: Record<string, string> = {
  "/slow-head": "HTTP/1.1 200 OK\r\nX-A: ",
  "/slow-content": "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n",
};
const caller = { appId: "orders", apiKey: KEY, algorithm: "sha256", method: "GET" } as const;
const asked: string[] = [];
let server: Server;
let url: string;
let folder: string;

beforeAll(async () => {
  server = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.once("data", (request) => {
      const [, target = ""] = request.toString("latin1").split(" ");
      asked.push(target);
      const drip = DRIPS[target];
      if (drip === undefined) return void socket.end(SENT[target] ?? "");
      socket.write(drip);
      const timer = setInterval(() => socket.write("x"), 100);
      socket.on("close", () => clearInterval(timer));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  folder = mkdtempSync(join(tmpdir(), "lacre-faults-"));
});
afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true });
});
beforeEach(() => {
  asked.length = 0;
});

describe.each(LANGUAGES)("the client in $name", (language) => {
  let driver: Driver;
  beforeAll(async () => {
    mkdirSync(join(folder, language.name));
    driver = new Driver(await language.driver(join(folder, language.name)));
  });
  /** Status and content, or what went wrong. */
  const answerTo = async (target: string) => {
    try {
      const [answer] = await driver.call([{ ...caller, url: url + target }]);
      return answer?.ok ? answer.values.slice(0, 2) : "an error";
    } catch {
      return "an error";
    }
  };

  it.each(["/interim", "/chunks", "/until-the-end"])(
    "reads the whole answer %s",
    async (target) => {
      expect(await answerTo(target)).toEqual(["200", "tea"]);
    },
  );

  it.each([
    ...["/short", "/short-chunk", "/short-of-a-chunk"],
    ...["/interim-alone", "/words", "/no-line", "/nothing"],
  ])("takes no part of an answer, and nothing else, for an answer: %s", async (target) => {
    expect(await answerTo(target)).toBe("an error");
    expect(asked).toContain(target);
  });

  it("names the header whose name cannot be signed", async () => {
    const [answer] = await driver.call([{ ...caller, url, headers: [["X_Note", "1"]] }]);
    expect(answer).toEqual({ ok: false, message: expect.stringMatching(/X_Note/i) });
  });

  if (["Python", "PHP", "Ruby"].includes(language.name))
    it.each(Object.keys(DRIPS))("keeps its time limit where bytes drip: %s", async (target) => {
      const given = await driver.call([{ ...caller, url: url + target }], "hurried");
      expect(given).toEqual([{ ok: true, values: ["too late"] }]);
    });

  const WRONG: Record<string, string[]> = {
    Python: ["content", "X-Note", "header name None", "url", "method", "app_id", "api_key"],
    Java: ["content", "X-Note", "header name", "headers", "url", "method", "appId", "apiKey"],
    PHP: ["X-Note", "headers", "headers"],
    Ruby: ["content", "X-Note", "headers", "url", "method", "app_id", "api_key"],
  };
  const wrong = WRONG[language.name];
  if (wrong !== undefined)
    it("says with an error of its own that something is of the wrong type", async () => {
      const [answer] = await driver.call([{ ...caller, url }], "wrong types");
      expect(answer).toEqual({
        ok: true,
        values: wrong.map((what) => expect.stringMatching(new RegExp(`^${what}: `))),
      });
      expect(asked).toEqual([]);
    });
});

describe("the options of curl that the client in bash hands on", () => {
  const call = (options: string[]) =>
    run("bash", [join(ROOT, "clients/bash/lacre.sh"), "GET", `${url}/interim`, "--", ...options], {
      env: { LACRE_APP_ID: "orders", LACRE_API_KEY: KEY, LACRE_HASH: "sha256" },
    });

  it.each([
    ...["-H X-Extra:1", "-HX-Extra:1", "--header X-Extra:1", "--heade X-Extra:1", "-d evil"],
    ...["-sd evil", "-sSdevil", "--data evil", "--data-raw evil", "--data-urlencode evil"],
    ...["--json {}", "-F a=b", "--form a=b", "--form-string a=b", "-G", "--get", "-T /dev/null"],
    ...["--upload-file /dev/null", "-X PUT", "-sXPUT", "--request PUT", "-u a:b", "--user a:b"],
    ...["-r 0-1", "--range 0-1", "-L", "-sSL", "--location", "--location-trusted", "--retry 2"],
    ...[
      "--retry-all-errors",
      "-I",
      "--head",
      "-K /dev/null",
      "--config /dev/null",
      "-n",
      "--netrc",
    ],
    ...["--next", "-:", "--url http://a.test/", "--url-query a=b", "-z 2020-01-01", "-C 1"],
    ...["--request-target /evil", "--oauth2-bearer x", "--digest", "--aws-sigv4 a:b"],
    ...["--expand-data evil", "-w x -L"],
  ])("are refused where they would send what was not signed: %s", async (options) => {
    const { code, stderr } = await call(options.split(" "));
    expect([code, stderr]).toEqual([64, expect.stringMatching(/^lacre: -.* before --, .*\n$/)]);
    expect(asked).toEqual([]);
  });

  it.each([
    ...["-s", "-sS", "-w X", "-wL", "--max-time 20", "-m20", "--fail-with-body", "-A dX"],
    ...["--compressed", "--http1.1", "--insecure", "--connect-timeout 20", "--user-agent x"],
    ...["--no-location", "--silent"],
  ])("are handed on where they do not: %s", async (options) => {
    const { code, stdout, stderr } = await call(options.split(" "));
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout.slice(0, 3)).toBe("tea");
  });
});
