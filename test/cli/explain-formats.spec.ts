import { createHash, createHmac } from "node:crypto";
import { afterAll, describe, expect, it } from "@jest/globals";
import { Desk } from "./explain-bench.js";
import { lacre } from "./lacre.js";

/*
 * Other formats than LACRE1. The signers share no code with those under test, can make mistakes, and are held against
 * what AWS, the IETF, GitHub, Slack, Stripe and Standard Webhooks publish.
 */

const desk = new Desk();
afterAll(() => desk.close());

const sha256 = (text: string | Buffer): string => createHash("sha256").update(text).digest("hex");
const hmac = (key: string | Buffer, text: string): Buffer =>
  createHmac("sha256", key).update(text, "latin1").digest();

interface Explained {
  code: number;
  out: string;
  err: string;
  equal: boolean;
  causes: string[];
}

async function explain(args: string[], env: Record<string, string> = {}): Promise<Explained> {
  const { code, out, err } = await lacre(["explain", "--json", ...args], { env });
  const json = JSON.parse(out === "" ? "{}" : out) as { equal: boolean; causes?: { id: string }[] };
  return { code, out, err, equal: json.equal, causes: (json.causes ?? []).map(({ id }) => id) };
}

describe("AWS Signature Version 4", () => {
  // Of aws-sig-v4-test-suite.
  const SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
  const DATE = "20150830T123600Z";
  const SCOPE = "20150830/us-east-1/service/aws4_request";
  const HOST = "example.amazonaws.com";

  interface Plan {
    method?: string;
    target?: string;
    /** Path and query as the text has them. */
    path?: string;
    query?: string;
    body?: string;
    host?: string;
    headers?: [string, string][];
    text?: (text: string) => string;
    key?: () => Buffer;
    toSign?: (text: string) => string;
  }

  const keyOf = (start: string, secret = SECRET): Buffer =>
    SCOPE.split("/").reduce<Buffer>((key, step) => hmac(key, step), Buffer.from(start + secret));

  function made(plan: Plan): { raw: string; text: string } {
    const { method = "GET", body = "", host = HOST, headers = [] } = plan;
    const [path = "/", query = ""] = (plan.target ?? "/").split("?");
    const all: [string, string][] = [["Host", host], ...headers, ["X-Amz-Date", DATE]];
    const named = all
      .map(([name, value]) => [name.toLowerCase(), value] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1));
    const list = named.map(([name]) => name).join(";");
    const right = [
      method,
      plan.path ?? path,
      plan.query ?? query,
      ...named.map(([name, value]) => `${name}:${value.replace(/ +/g, " ")}`),
      "",
      list,
      sha256(body),
    ].join("\n");
    const text = plan.text?.(right) ?? right;
    const toSign = plan.toSign?.(text) ?? `AWS4-HMAC-SHA256\n${DATE}\n${SCOPE}\n${sha256(text)}`;
    const signature = hmac((plan.key ?? (() => keyOf("AWS4")))(), toSign).toString("hex");
    const authorization = `AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/${SCOPE}, SignedHeaders=${list}, Signature=${signature}`;
    const length: [string, string][] = body === "" ? [] : [["Content-Length", String(body.length)]];
    const lines = [...all, ...length, ["Authorization", authorization]].map((each) =>
      each.join(": "),
    );
    return {
      raw: [`${method} ${plan.target ?? "/"} HTTP/1.1`, ...lines, "", body].join("\r\n"),
      text,
    };
  }

  const AWS = ["--scheme", "aws-sigv4", "--region", "us-east-1", "--service", "service"];
  const env = { LACRE_APP_ID: "AKIDEXAMPLE", LACRE_API_KEY: SECRET };

  it("is signed here as get-vanilla of AWS's suite is", async () => {
    const { raw, text } = made({});
    expect(text).toBe(
      `GET\n/\n\nhost:example.amazonaws.com\nx-amz-date:${DATE}\n\nhost;x-amz-date\n${sha256("")}`,
    );
    expect(raw).toContain("5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31");
    const { code, equal } = await explain([...AWS, "--client", desk.file("r", raw)], env);
    expect({ code, equal }).toEqual({ code: 0, equal: true });
  });

  const NOTE = "lacre: note: read as aws-sigv4, which the request shows";

  it("shows itself, its region and its service, in a request", async () => {
    const { raw } = made({ path: "/x" });
    const file = desk.file("r", raw);
    const alone = await explain(["--client", file], env);
    expect(alone.code).toBe(1);
    expect(alone.err).toContain(NOTE);
    const named = await explain([...AWS, "--client", file], env);
    expect(alone.out).toBe(named.out);
    const scheme = await explain(["--scheme", "aws-sigv4", "--client", file], env);
    expect(scheme).toEqual(named);
    // What is said comes before what is shown.
    const other = await lacre(["explain", ...AWS, "--region", "eu-west-1", "--client", file], {
      env,
    });
    expect(other.out).toContain("scope-wrong");
    const curl = `curl 'https://${HOST}/' -H 'X-Amz-Date: ${DATE}' -H '${/Authorization: .*/.exec(raw)?.[0]}'`;
    const command = await explain(["--client", desk.file("curl", curl)], env);
    expect(command.err).toContain(NOTE);
    expect(command.causes).toEqual(alone.causes);
  });

  it("shows them in the query of a presigned URL, whose scope is escaped", async () => {
    const signing = ["presign", ...AWS, "--expires", "60", `https://${HOST}/a`];
    const nowSeconds = Date.UTC(2015, 7, 30, 12, 36) / 1000;
    const url = (await lacre(signing, { env, nowSeconds })).out.trim();
    const raw = `GET ${url.slice(`https://${HOST}`.length)} HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`;
    const { code, equal, err } = await explain(["--client", desk.file("p", raw)], env);
    expect({ code, equal }).toEqual({ code: 0, equal: true });
    expect(err).toContain(NOTE);
  });

  // A server's answer under diagnostics, and what libraries of AWS write into their logs.
  it.each<[string, (text: string) => string]>([
    ["the text", (text) => text],
    ["the text with the line ends of Windows", (text) => text.replaceAll("\n", "\r\n")],
    [
      "botocore's log",
      (text) =>
        `2026-11-29 10:00:00,000 botocore.auth [DEBUG] Calculating\n2026-11-29 10:00:00,000 botocore.auth [DEBUG] CanonicalRequest:\n${text}\n2026-11-29 10:00:00,001 botocore.auth [DEBUG] StringToSign:\nAWS4-HMAC-SHA256\n${DATE}\n`,
    ],
    [
      "the log of AWS's library for Go",
      (text) =>
        `DEBUG: Request Signature:\n---[ CANONICAL STRING  ]-----------------------------\n${text}\n---[ STRING TO SIGN ]--------------------------------\nAWS4-HMAC-SHA256\n`,
    ],
  ])("is read from %s, beside a server's answer, alone or with its head", async (_where, write) => {
    const { text } = made({
      target: "/dt%3D2024/u?arg=a%2Cb",
      path: "/dt=2024/u",
      query: "arg=a,b",
    });
    const seen = made({
      target: "/dt%3D2024/u?arg=a%2Cb",
      path: "/dt%3D2024/u",
      query: "arg=a%2Cb",
    });
    const answer = JSON.stringify({
      statusCode: 401,
      message: "Unauthorized",
      code: "signature-mismatch",
      canonicalRequest: seen.text,
    });
    const whole = `HTTP/1.1 401 Unauthorized\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n${answer}`;
    for (const server of [answer, whole, whole.replaceAll("\r\n", "\n")]) {
      const client = desk.file("client.txt", write(text));
      const { code, causes } = await explain([
        "--client",
        client,
        "--server",
        desk.file("s", server),
      ]);
      expect([code, causes[0]]).toEqual([1, "reserved-unescaped"]);
    }
  });

  it("is judged by its own region and service where nobody says others, and that is said", async () => {
    const { raw } = made({});
    const verify = ["verify", "--scheme", "aws-sigv4", "--at", "1440938160"];
    const { code, err } = await lacre(verify, { env, stdin: raw });
    expect(code).toBe(0);
    expect(err).toContain("read from the request: --region us-east-1 --service service.");
    const other = await lacre([...verify, "--region", "eu-west-1"], { env, stdin: raw });
    expect(other.out).toContain("refused: scope-wrong");
    expect(other.err).toContain("read from the request: --service service.");
    const none = "GET / HTTP/1.1\nHost: a.test\n\n";
    const unsaid = await lacre(verify, { env, stdin: none });
    expect(unsaid.err).toContain("needs --region and --service");
    // Without the name of the scheme the key is taken for one of LACRE1.
    const unnamed = await lacre(["verify"], { env, stdin: raw });
    expect(unnamed.err).toContain("LACRE_API_KEY: does not begin with lk1_");
    expect(unnamed.err).toContain("--scheme aws-sigv4");
  });

  // What was sent, and what the client signed in place of the canonical request.
  it.each<[string, Plan]>([
    ["reserved-unescaped", { target: "/dt=2024/u?arg=a,b", path: "/dt=2024/u", query: "arg=a,b" }],
    ["reserved-unescaped", { target: "/a?t=a%20b", query: "t=a b" }],
    ["query-unsorted", { target: "/?Param2=v&Param1=w" }],
    ["parameter-without-equals", { target: "/?acl" }],
    ["path-encoded-once", { target: "/a%20b" }],
    ["query-unsigned", { target: "/a?b=1", query: "" }],
    ["method-case", { method: "POST", text: (text) => text.replace("POST", "post") }],
    ["host-port", { host: "a.test:8443", text: (text) => text.replace("a.test:8443", "a.test") }],
    ["list-order", { text: (text) => text.replace("host;x-amz-date", "x-amz-date;host") }],
    [
      "header-spaces",
      {
        headers: [["X-Note", "a   b"]],
        text: (text) => text.replace("x-note:a b", "x-note:a   b"),
      },
    ],
    [
      "content-line-at-end",
      {
        method: "POST",
        body: "tea",
        text: (text) => text.replace(sha256("tea"), sha256("tea\n")),
      },
    ],
    [
      "json-serialised-again",
      {
        method: "POST",
        body: '{"n":1,"m":2}',
        text: (text) => text.replace(sha256('{"n":1,"m":2}'), sha256('{"n": 1, "m": 2}')),
      },
    ],
    ["payload-word", { text: (text) => text.replace(sha256(""), "UNSIGNED-PAYLOAD") }],
    ["key-not-derived", { key: () => Buffer.from(SECRET) }],
    ["key-derived-without-prefix", { key: () => keyOf("") }],
    ["key-with-line-end", { key: () => keyOf("AWS4", `${SECRET}\n`) }],
    ["text-not-hashed", { toSign: (text) => text }],
    ["text-with-crlf", { text: (text) => text.replaceAll("\n", "\r\n") }],
    ["key-other", { key: () => keyOf("AWS4", "another-secret-of-forty-characters-or-so") }],
  ])("%s, from one raw request: %j", async (id, plan) => {
    const { raw } = made(plan);
    const file = desk.file("r", raw);
    const { code, err, out, causes } = await explain([...AWS, "--client", file], env);
    expect(err).toBe("");
    expect(causes[0]).toBe(id);
    expect(code).toBe(1);
    expect(out).not.toContain(SECRET);
    const at = String(Date.UTC(2015, 7, 30, 12, 36) / 1000);
    const judged = await lacre(["verify", ...AWS, "--at", at, "--file", file], { env });
    expect(judged.code).toBe(1);
    expect(judged.out).toContain(`[${id}]`);
  });

  it("is compared as text without a word of the format", async () => {
    const text = (path: string, query: string): string =>
      `GET\n${path}\n${query}\nhost:127.0.0.1:4203\nx-amz-date:${DATE}\n\nhost;x-amz-date\n${sha256("")}`;
    const client = desk.file("client.txt", text("/dt=2024/u", "arg=a,b"));
    const answer = { statusCode: 401, canonicalRequest: text("/dt%3D2024/u", "arg=a%2Cb") };
    const server = desk.file("answer.json", JSON.stringify(answer));
    const args = ["--client", client, "--client-kind", "canonical", "--server", server];
    const { code, causes } = await explain(args);
    expect({ code, causes }).toEqual({ code: 1, causes: ["reserved-unescaped"] });
    expect((await explain(["--client", client, "--server", server])).causes).toEqual(causes);
    expect((await explain(["--client", client, "--server", client])).code).toBe(0);
    const hash = sha256(text("/dt%3D2024/u", "arg=a%2Cb"));
    const hashed = await explain(["--client", client, "--server-sha256", hash]);
    expect(hashed.causes).toEqual(["reserved-unescaped"]);
  });
});

describe("RFC 9421", () => {
  // Appendix B.1.5 and B.2.5: the shared key, and what it signs.
  const SECRET =
    "uzvJfB4u3N0Jy4T7NZ75MDVcr8zSTInedJtkgcu46YW4XByzNJjxBdtjUkdJPBtbmHhIDi6pcl8jsasjlTMtDQ==";
  const sign = (text: string): string =>
    hmac(Buffer.from(SECRET, "base64"), text).toString("base64");

  it("is signed here as the example of the RFC is", () => {
    expect(
      sign(
        '"date": Tue, 20 Apr 2021 02:07:55 GMT\n"@authority": example.com\n"content-type": application/json\n"@signature-params": ("date" "@authority" "content-type");created=1618884473;keyid="test-shared-secret"',
      ),
    ).toBe("pxcQw6G3AjtMBQjwo8XzkZf/bws5LelbaMk5rGIGtE8=");
  });

  const PARAMS =
    '("@method" "@authority" "@request-target" "x-note");created=1618884473;nonce="abcdefghijklmnop";keyid="demo"';
  const base = (over: Record<string, string> = {}): string =>
    Object.entries({
      '"@method"': "GET",
      '"@authority"': "example.com",
      '"@request-target"': "/foo?b=1&a=2",
      '"x-note"': "a  b",
      '"@signature-params"': PARAMS,
      ...over,
    })
      .map((line) => line.join(": "))
      .join("\n");
  const raw = (signed: string): string =>
    [
      "GET /foo?b=1&a=2 HTTP/1.1",
      "Host: example.com",
      "X-Note: a  b",
      `Signature-Input: sig1=${PARAMS}`,
      `Signature: sig1=:${sign(signed)}:`,
      "",
      "",
    ].join("\r\n");
  const RFC = [
    ...["--scheme", "rfc9421", "--encoding", "base64"],
    ...["--scheme-option", 'components=["@method","@authority","@request-target"]'],
  ];
  const env = { LACRE_APP_ID: "demo", LACRE_API_KEY: SECRET };

  it.each([
    [undefined, {}],
    ["query-order", { '"@request-target"': "/foo?a=2&b=1" }],
    ["method-case", { '"@method"': "get" }],
    ["host-default-port", { '"@authority"': "example.com:443" }],
    ["header-spaces", { '"x-note"': "a b" }],
    [
      "signature-params-differ",
      {
        '"@signature-params"': PARAMS.replace(
          'created=1618884473;nonce="abcdefghijklmnop"',
          'nonce="abcdefghijklmnop";created=1618884473',
        ),
      },
    ],
    ["signature-params-differ", { '"@signature-params"': PARAMS.replace(';keyid="demo"', "") }],
  ])("%s", async (id, over) => {
    const { code, err, causes } = await explain(
      [...RFC, "--client", desk.file("r", raw(base(over)))],
      env,
    );
    expect(err).toBe("");
    expect(causes[0]).toBe(id);
    expect(code).toBe(id === undefined ? 0 : 1);
  });

  it("shows itself in a request", async () => {
    const file = desk.file("r", raw(base()));
    const { code, err } = await explain(["--client", file, "--encoding", "base64"], env);
    expect({ code, err }).toEqual({ code: 0, err: expect.stringContaining("read as rfc9421") });
  });

  it("signs the public URL, which a server behind a proxy does not see", async () => {
    const params = '("@method" "@target-uri");created=1618884473;keyid="demo"';
    const text = (uri: string): string =>
      `"@method": GET\n"@target-uri": ${uri}\n"@signature-params": ${params}`;
    const mac = sign(text("http://example.com/foo"));
    const request = `GET /foo HTTP/1.1\r\nHost: example.com\r\nSignature-Input: sig1=${params}\r\nSignature: sig1=:${mac}:\r\n\r\n`;
    const alone = await explain(
      [
        ...["--scheme", "rfc9421", "--encoding", "base64"],
        ...["--scheme-option", 'components=["@method","@target-uri"]'],
        ...["--client", desk.file("r", request)],
      ],
      env,
    );
    expect({ err: alone.err, cause: alone.causes[0] }).toEqual({
      err: "",
      cause: "url-scheme-signed",
    });
    const compared = await explain([
      ...["--client", desk.file("c", text("https://example.com/foo"))],
      ...["--server", desk.file("s", text("http://10.0.0.1/foo"))],
    ]);
    expect(compared.causes).toEqual(["url-scheme-signed"]);
  });

  it("is compared as text: parameters in another order, and a list of others", async () => {
    const other = PARAMS.replace(
      ';created=1618884473;nonce="abcdefghijklmnop"',
      ';nonce="abcdefghijklmnop";created=1618884473',
    );
    expect(other).not.toBe(PARAMS);
    const server = desk.file("s", base());
    const against = async (text: string) =>
      (await explain(["--client", desk.file("c", text), "--server", server])).causes;
    expect(await against(base({ '"@signature-params"': other }))).toEqual([
      "signature-params-differ",
    ]);
    expect(await against(base({ '"@request-target"': "/foo" }))).toEqual(["query-unsigned"]);
    expect(await against(base())).toEqual(["key-unknown"]);
  });
});

describe("Hawk", () => {
  // The example of Hawk's own documentation.
  const KEY = "werxhqb98rpaxn39848xrunpaw3489ruxnpa98w4rxn";
  const EXT = "some-app-ext-data";
  const RIGHT = {
    type: "hawk.1.header",
    ts: "1353832234",
    nonce: "j4h3g2",
    method: "GET",
    target: "/resource/1?b=1&a=2",
    host: "example.com",
    port: "8000",
    hash: "",
    ext: EXT,
  };
  const made = (over: Partial<typeof RIGHT> = {}): { raw: string; text: string } => {
    const text = `${Object.values({ ...RIGHT, ...over }).join("\n")}\n`;
    const mac = hmac(KEY, text).toString("base64");
    const { method, target, ts, nonce } = RIGHT;
    const authorization = `Hawk id="dh37fgj492je", ts="${ts}", nonce="${nonce}", ext="${EXT}", mac="${mac}"`;
    const lines = ["Host: example.com:8000", `Authorization: ${authorization}`];
    return { raw: [`${method} ${target} HTTP/1.1`, ...lines, "", ""].join("\r\n"), text };
  };
  const env = { LACRE_APP_ID: "dh37fgj492je", LACRE_API_KEY: KEY };
  const HAWK = ["--scheme", "hawk"];

  it("is signed here as the example of the documentation is", () => {
    expect(made({ target: "/resource/1?b=1&a=2" }).raw).toContain(
      'mac="6R4rV5iE+NPoym+WwjeHzjAGXUtLNIxmo1vpMofpLAE="',
    );
  });

  it.each<[string | undefined, Partial<typeof RIGHT>]>([
    [undefined, {}],
    ["query-order", { target: "/resource/1?a=2&b=1" }],
    ["method-case", { method: "get" }],
    ["port-signed", { port: "443" }],
    ["host-port", { host: "example.com:8000" }],
    ["timestamp-in-milliseconds", { ts: "1353832234000" }],
  ])("%s", async (id, over) => {
    const { raw, text } = made(over);
    const client = desk.file("r", raw);
    const alone = await explain([...HAWK, "--client", client], env);
    expect({ cause: alone.causes[0], err: alone.err }).toEqual({ cause: id, err: "" });
    expect(alone.code).toBe(id === undefined ? 0 : 1);
    const texts = ["--client", desk.file("c", text), "--server", desk.file("s", made().text)];
    const compared = await explain([...HAWK, ...texts]);
    expect(compared.causes[0]).toBe(id ?? "key-unknown");
  });
});

describe("content that is not what was signed", () => {
  const KEY = Buffer.alloc(32, "0123456789abcdef").toString("base64");
  const env = { LACRE_APP_ID: "orders", LACRE_API_KEY: KEY };

  it.each([["azure-hmac"], ["hawk"], ["acquia2", "--realm", "r"]])("under %s", async (...said) => {
    const scheme = ["--scheme", ...said];
    const url = "https://a.test/p";
    const { out } = await lacre(["sign", ...scheme, "POST", url, "--data", '{"n":1}'], { env });
    const raw = (body: string): string =>
      desk.file(
        "r",
        `POST /p HTTP/1.1\nHost: a.test\nContent-Length: ${body.length}\n${out}\n${body}`,
      );
    const causesOf = async (body: string) => {
      const { code, causes } = await explain([...scheme, "--client", raw(body)], env);
      return [code, causes[0]];
    };
    expect(await causesOf('{"n":1}')).toEqual([0, undefined]);
    expect(await causesOf('{"n": 1}')).toEqual([1, "json-serialised-again"]);
    expect(await causesOf('{"n":1}\n')).toEqual([1, "content-line-at-end"]);
    expect(await causesOf("another")).toEqual([1, "content-changed"]);
  });
});

describe("webhooks", () => {
  interface Sender {
    scheme: string[];
    key: string;
    encoding?: string;
    body: string;
    /** The header lines, of what was signed. */
    lines: (mac: (text: string, key?: string | Buffer) => Buffer, body: string) => string[];
    /** A line that the sender's documents print. */
    published: string;
  }

  // Each as the sender's documentation, or its own tests, print it.
  const SENDERS: Record<string, Sender> = {
    github: {
      scheme: ["--scheme", "github", "--encoding", "text"],
      key: "It's a Secret to Everybody",
      body: "Hello, World!",
      lines: (mac, body) => [`X-Hub-Signature-256: sha256=${mac(body).toString("hex")}`],
      published: "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17",
    },
    svix: {
      scheme: ["--scheme", "standard-webhooks"],
      key: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
      body: '{"test": 2432232314}',
      lines: (mac, body) => [
        "svix-id: msg_p5jXN8AQM9LWM0D4loKWxJek",
        "svix-timestamp: 1614265330",
        `svix-signature: v1,${mac(`msg_p5jXN8AQM9LWM0D4loKWxJek.1614265330.${body}`).toString("base64")}`,
      ],
      published: "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    },
    slack: {
      scheme: ["--scheme", "slack"],
      key: "8f742231b10e8888abcd99yyyzzz85a5",
      body: "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c",
      lines: (mac, body) => [
        "X-Slack-Request-Timestamp: 1531420618",
        `X-Slack-Signature: v0=${mac(`v0:1531420618:${body}`).toString("hex")}`,
      ],
      published: "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503",
    },
  };
  const AT: Record<string, string> = {
    github: "1700000000",
    svix: "1614265330",
    slack: "1531420618",
  };

  const keyOf = (key: string): string | Buffer =>
    key.startsWith("whsec_") ? Buffer.from(key.slice(6), "base64") : key;
  const raw = ({ lines, key, body }: Sender, signed = body, by: string | Buffer = keyOf(key)) =>
    [
      "POST /hook HTTP/1.1",
      "Host: api.example.test",
      ...lines((text) => hmac(by, text), signed),
      `Content-Length: ${body.length}`,
      "",
      body,
    ].join("\r\n");
  const har = ({ lines, key, body }: Sender, signed: string): string => {
    const headers = lines((text) => hmac(keyOf(key), text), signed).map((line) => {
      const [name = "", value = ""] = line.split(/: (.*)/);
      return { name, value };
    });
    const request = { method: "POST", url: "https://api.example.test/hook", headers };
    return JSON.stringify({
      log: { entries: [{ request: { ...request, postData: { text: body } } }] },
    });
  };
  const envOf = ({ key }: Sender) => ({ LACRE_APP_ID: "sender", LACRE_API_KEY: key });

  it.each(Object.entries(SENDERS))(
    "of %s show what they are, raw and in a HAR file",
    async (_, sender) => {
      const scheme = sender.scheme[1] ?? "";
      const views: (readonly [string, string])[] = [sender.body, `${sender.body}\n`].map(
        (signed) => [raw(sender, signed), har(sender, signed)],
      );
      for (const [i, view] of views.entries())
        for (const content of view) {
          const file = desk.file("r", content);
          const { code, err, causes } = await explain(["--client", file], envOf(sender));
          expect(err).toContain(`lacre: note: read as ${scheme}, which the request shows`);
          expect({ code, cause: causes[0] }).toEqual(
            i === 0 ? { code: 0, cause: undefined } : { code: 1, cause: "content-line-at-end" },
          );
        }
    },
  );

  it.each(Object.entries(SENDERS))("of %s are accepted", async (name, sender) => {
    const request = raw(sender);
    expect(request).toContain(sender.published);
    const file = desk.file("r", request);
    const args = ["verify", ...sender.scheme, "--at", AT[name] ?? "", "--file", file];
    const { code, out, err } = await lacre(args, { env: envOf(sender) });
    expect(out).toMatch(/^accepted/);
    expect(code).toBe(0);
    // 24 bytes are what Standard Webhooks asks for, 26 fewer than others do.
    expect(err.includes("the key has 26 bytes")).toBe(name === "github");
    const alone = await explain([...sender.scheme, "--client", file], envOf(sender));
    expect({ equal: alone.equal, causes: alone.causes }).toEqual({ equal: true, causes: [] });
  });

  it.each([
    ["github", "content-line-at-end", (s: Sender) => raw(s, `${s.body}\n`)],
    ["github", "key-with-line-end", (s: Sender) => raw(s, s.body, `${s.key}\n`)],
    ["svix", "content-line-at-end", (s: Sender) => raw(s, `${s.body}\n`)],
    ["svix", "json-serialised-again", (s: Sender) => raw(s, '{"test":2432232314}')],
    ["svix", "key-as-text", (s: Sender) => raw(s, s.body, s.key)],
    ["svix", "key-as-text-without-prefix", (s: Sender) => raw(s, s.body, s.key.slice(6))],
    [
      "svix",
      "text-of-content-alone",
      (s: Sender) => raw({ ...s, lines: (mac, body) => s.lines(() => mac(body), body) }),
    ],
    ["slack", "content-line-at-end", (s: Sender) => raw(s, `${s.body}\n`)],
    ["slack", "key-other", (s: Sender) => raw(s, s.body, "another")],
  ])("of %s: %s", async (name, id, make) => {
    const sender = SENDERS[name] as Sender;
    const file = desk.file("r", make(sender));
    const { code, causes } = await explain([...sender.scheme, "--client", file], envOf(sender));
    expect({ code, cause: causes[0] }).toEqual({ code: 1, cause: id });
    const args = ["verify", ...sender.scheme, "--at", AT[name] ?? "", "--file", file];
    const judged = await lacre(args, { env: envOf(sender) });
    expect(judged.code).toBe(1);
    expect(judged.out).toContain(`[${id}]`);
  });

  it.each([
    [
      "whsec_the secret of an endpoint, whole",
      "the secret of an endpoint, whole",
      "key-without-prefix",
    ],
    [
      "the secret of an endpoint, whole",
      "whsec_the secret of an endpoint, whole",
      "key-lacks-prefix",
    ],
  ])("of Stripe, whose key is its text with the prefix: %s here", async (here, there, id) => {
    const mac = hmac(there, "1700000000.{}").toString("hex");
    const lines = [`Stripe-Signature: t=1700000000,v1=${mac}`, "Content-Length: 2", "", "{}"];
    const request = ["POST /h HTTP/1.1", "Host: a.test", ...lines].join("\r\n");
    const file = desk.file("r", request);
    const env = { LACRE_APP_ID: "stripe", LACRE_API_KEY: here };
    const args = ["--scheme", "stripe", "--encoding", "text", "--file", file];
    const { out, causes } = await explain(args, env);
    expect(causes).toEqual([id]);
    expect(out).not.toContain("base64");
  });

  it.each<[string, string, (at: string, body: string, id: string) => string, string[], string?]>([
    [
      "another separator",
      "{timestamp}.{body}",
      (at, body) => `${at}:${body}`,
      ["template-separator"],
      "{timestamp}:{body}",
    ],
    [
      "none",
      "{timestamp}.{body}",
      (at, body) => `${at}${body}`,
      ["template-separator"],
      "{timestamp}{body}",
    ],
    [
      "a line end",
      "v0:{timestamp}:{body}",
      (at, body) => `v0:${at}\n${body}`,
      ["template-separator"],
      "v0:{timestamp}\n{body}",
    ],
    [
      "the time behind",
      "{timestamp}.{body}",
      (at, body) => `${body}.${at}`,
      ["template-order"],
      "{body}.{timestamp}",
    ],
    [
      "both",
      "{id}.{timestamp}.{body}",
      (at, body, id) => `${at}${id}${body}`,
      ["template-order", "template-separator"],
      "{timestamp}{id}{body}",
    ],
    [
      "no id",
      "{id}.{timestamp}.{body}",
      (at, body) => `${at}.${body}`,
      ["template-part"],
      "{timestamp}.{body}",
    ],
    [
      "no time",
      "v1:{id}.{timestamp}.{body}",
      (_, body, id) => `v1:${id}.${body}`,
      ["template-part"],
      "v1:{id}.{body}",
    ],
    [
      "no content",
      "{id}.{timestamp}.{body}",
      (at, _, id) => `${id}.${at}`,
      ["template-part"],
      "{id}.{timestamp}",
    ],
    ["another key", "{timestamp}.{body}", () => "other", ["key-other"], undefined],
    [
      "http for https",
      "{timestamp}.{url}.{body}",
      (at, body) => `${at}.http://a.test/h.${body}`,
      ["url-origin-signed"],
      undefined,
    ],
  ])("of a format that is being described: %s", async (_, template, text, ids, found) => {
    const key = "a-secret-of-a-sender-of-webhooks";
    const [at, body, id] = ["1700000000", '{"n":1}', "msg_1"];
    const lines = [
      "POST /h HTTP/1.1",
      "Host: a.test",
      `X-Acme-Time: ${at}`,
      `X-Acme-Id: ${id}`,
      `X-Acme-Signature: ${hmac(key, text(at, body, id)).toString("hex")}`,
      `Content-Length: ${body.length}`,
    ];
    const file = desk.file("r", `${lines.join("\r\n")}\r\n\r\n${body}`);
    const options = {
      signatureHeader: "x-acme-signature",
      timestampHeader: "x-acme-time",
      ...(template.includes("{id}") && { idHeader: "x-acme-id" }),
      template,
    };
    const said = Object.entries(options).flatMap((each) => ["--scheme-option", each.join("=")]);
    const args = ["--scheme", "body-signature", "--encoding", "text", ...said, "--file", file];
    const env = { LACRE_APP_ID: "acme", LACRE_API_KEY: key };
    const { out, causes } = await explain(args, env);
    expect(causes).toEqual(ids);
    expect((JSON.parse(out) as { template?: string }).template).toBe(found);
    const told = await lacre(["verify", "--at", at, ...args], { env });
    expect(told.out.includes("The signature fits the template")).toBe(found !== undefined);
    expect(told.err.includes("made of the Host header and https")).toBe(template.includes("{url}"));
    for (const each of ids) expect(told.out).toContain(`[${each}]`);
  });

  it("names a line end behind the content as the only cause", async () => {
    const key = "a-secret-of-a-sender-of-webhooks";
    const mac = hmac(key, '{"n":1}').toString("hex");
    const head = `POST /h HTTP/1.1\r\nHost: a.test\r\nX-Sig: ${mac}\r\nContent-Length: 8\r\n\r\n`;
    const said = ["signatureHeader=x-sig", "template={body}"].flatMap((one) => [
      "--scheme-option",
      one,
    ]);
    const file = desk.file("r", `${head}{"n":1}\n`);
    const args = ["--scheme", "body-signature", "--encoding", "text", ...said, "--file", file];
    const env = { LACRE_APP_ID: "acme", LACRE_API_KEY: key };
    expect((await explain(args, env)).causes).toEqual(["content-line-at-end"]);
    const told = await lacre(["verify", ...args], { env });
    expect(told.out).not.toContain("ends too early");
  });

  const inBase64 = (mac: Buffer): string => mac.toString("base64");
  it.each<[string, string, (mac: Buffer) => string, string[]]>([
    ["capitals", "hex", (mac) => mac.toString("hex").toUpperCase(), ["mac-in-capitals"]],
    ["base64", "hex", inBase64, ["mac-in-base64"]],
    ["base64url", "hex", (mac) => mac.toString("base64url"), ["mac-in-base64"]],
    [
      "base64 of another key",
      "hex",
      (mac) => inBase64(mac.reverse()),
      ["key-other", "mac-in-base64"],
    ],
    ["hex", "base64", (mac) => mac.toString("hex"), ["mac-in-hex"]],
  ])("a signature in %s, where %s is wanted", async (_, encoding, write, ids) => {
    const key = "a-secret-of-a-sender-of-webhooks";
    const lines = [
      "POST /h HTTP/1.1",
      "Host: a.test",
      `X-Acme-Signature: sha256=${write(hmac(key, '{"n":1}'))}`,
      "Content-Length: 7",
    ];
    const file = desk.file("r", `${lines.join("\r\n")}\r\n\r\n{"n":1}`);
    const options = ["signatureHeader=x-acme-signature", "prefix=sha256=", "template={body}"];
    const said = [...options, `encoding=${encoding}`].flatMap((one) => ["--scheme-option", one]);
    const args = ["--scheme", "body-signature", "--encoding", "text", ...said, "--file", file];
    const { causes, out } = await explain(args, { LACRE_APP_ID: "acme", LACRE_API_KEY: key });
    expect([...causes].sort()).toEqual(ids);
    expect(out).not.toContain("could not be tried");
  });

  it("of any sender, by options one by one or in a file", async () => {
    const key = "a-secret-of-a-sender-of-webhooks";
    const at = 1_700_000_000;
    const mac = hmac(key, `${at}:{"n":1}`).toString("base64");
    const request = `POST /h HTTP/1.1\r\nHost: a.test\r\nX-Acme-Time: ${at}\r\nX-Acme-Signature: v1=${mac}\r\nContent-Length: 7\r\n\r\n{"n":1}`;
    const options = {
      signatureHeader: "x-acme-signature",
      timestampHeader: "x-acme-time",
      template: "{timestamp}:{body}",
      prefix: "v1=",
      encoding: "base64",
      maxAge: 600,
    };
    const file = desk.file("r", request);
    const env = { LACRE_APP_ID: "acme", LACRE_API_KEY: key };
    const said = Object.entries(options).flatMap((each) => ["--scheme-option", each.join("=")]);
    const inFile = ["--scheme-options", desk.file("options.json", JSON.stringify(options))];
    const judge = (more: string[], time = at) =>
      lacre(
        ["verify", "--scheme", "body-signature", "--at", String(time), "--file", file, ...more],
        { env },
      );
    for (const more of [said, inFile]) {
      expect((await judge(more)).out).toMatch(/^accepted/);
      expect((await judge(more, at + 601)).out).toContain("timestamp-too-old");
    }
    const over = await judge([...inFile, "--scheme-option", "maxAge=60"], at + 61);
    expect(over.out).toContain("timestamp-too-old");

    const wrong = async (more: string[]) => (await judge(more)).err;
    expect(await wrong(["--scheme-option", "signatureHead=x"])).toContain(
      "Did you mean signatureHeader",
    );
    expect(await wrong(["--scheme-option", "signatureHeader"])).toContain("name=value");
    expect(await wrong(["--scheme-options", "/no/such"])).toContain("there is no such file");
    expect(await wrong(["--scheme-options", desk.file("o", `["${key}"]`)])).not.toContain(key);
  });
});
