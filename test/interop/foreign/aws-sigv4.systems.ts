import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { All, Body, Controller, Query, Req } from "@nestjs/common";
import { awsSigV4 } from "@lacre/schemes/aws-sigv4";
import { HmacPrincipal, HmacProtected, type Principal } from "@lacre/nestjs";
import { AWS_KEY, PLATFORMS, startApp, type RunningApp } from "../../support/app.js";
import { needPython, run } from "../../support/run.js";

const PROGRAM = fileURLToPath(new URL("programs/botocore_client.py", import.meta.url));
const REGION = "eu-central-1";

/** What botocore is to sign, and where it goes, if elsewhere. */
interface Case {
  readonly auth: "header" | "query" | "s3-header" | "s3-query";
  readonly method: string;
  readonly url: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
  readonly expires?: number;
}

@Controller("reports")
@HmacProtected({ schemes: ["aws-sigv4"], presigned: 600 })
class ReportsController {
  @All([":a", ":a/:b"])
  all(
    @HmacPrincipal() { appId, presigned, signedHeaders }: Principal,
    @Query() query: unknown,
    @Body() body: unknown,
    @Req() { method, url }: { method: string; url: string },
  ) {
    const path = url.split("?")[0];
    return { appId, presigned, signedHeaders, method, path, query, body: body ?? null };
  }
}

describe.each(PLATFORMS)("botocore against %s", (platform) => {
  const servers = new Map<string, RunningApp>();
  const token = "FwoGZXIvYXdzE/+==";
  beforeAll(async () => {
    needPython("botocore", "apt-get install python3-botocore");
    for (const [service, urlMode] of [
      ["execute-api", "plain"],
      ["s3", "s3"],
    ] as const)
      servers.set(
        service,
        await startApp(platform, {
          controllers: [ReportsController],
          hmac: {
            schemes: [awsSigV4({ region: REGION, service, urlMode })],
            apps: [{ appId: "partner", apiKey: AWS_KEY, encoding: "text", schemes: ["aws-sigv4"] }],
          },
        }),
      );
  });
  afterAll(() => Promise.all([...servers.values()].map((server) => server.close())));

  async function send(
    service: string,
    cases: readonly Case[],
    more: { readonly secret?: string; readonly token?: string } = {},
  ): Promise<[number, unknown][]> {
    const server = servers.get(service) as RunningApp;
    const setting = { appId: "partner", secret: AWS_KEY, region: REGION, service, ...more };
    const lines = cases.map((each) => JSON.stringify({ ...each, url: server.url + each.url }));
    const { code, stdout, stderr } = await run("python3", [PROGRAM, JSON.stringify(setting)], {
      input: lines.join("\n"),
    });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    return stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as [number, string])
      .map(([status, text]) => [status, text === "" ? "" : (JSON.parse(text) as unknown)]);
  }

  const JSON_TYPE = { "Content-Type": "application/json" };
  const CASES: Record<string, readonly Case[]> = {
    "execute-api": [
      { auth: "header", method: "GET", url: "/reports/a%20b/c?b=2&a=1%2F2&b=1" },
      { auth: "header", method: "POST", url: "/reports/a", headers: JSON_TYPE, body: '{"n":1}' },
      { auth: "header", method: "DELETE", url: "/reports/%C3%A9" },
      { auth: "query", method: "GET", url: "/reports/a%20b/c?b=2&a=1%2F2", expires: 600 },
    ],
    s3: [
      { auth: "s3-header", method: "GET", url: "/reports/a%20b/c?prefix=x%2Fy" },
      { auth: "s3-header", method: "PUT", url: "/reports/a", headers: JSON_TYPE, body: '{"n":1}' },
      { auth: "s3-query", method: "GET", url: "/reports/a%20b/%C3%A9?versionId=7", expires: 60 },
      { auth: "s3-query", method: "HEAD", url: "/reports/a", expires: 60 },
    ],
  };

  it.each(Object.keys(CASES))(
    "%s: signs what is accepted, with a session's token too",
    async (service) => {
      const cases = CASES[service] as readonly Case[];
      for (const more of [{}, { token }]) {
        const answers = await send(service, cases, more);
        for (const [i, { auth, method, url, body }] of cases.entries()) {
          const [status, said] = answers[i] as [number, Record<string, unknown>];
          expect([url, status < 300]).toEqual([url, true]);
          if (method === "HEAD") continue;
          expect(said).toMatchObject({
            appId: "partner",
            method,
            path: url.split("?")[0],
            presigned: auth.endsWith("query"),
            body: body === undefined ? said["body"] : (JSON.parse(body) as unknown),
          });
          const { signedHeaders, query } = said as { signedHeaders: string[]; query: object };
          const inHeader = signedHeaders.includes("x-amz-security-token");
          const inQuery = "X-Amz-Security-Token" in query;
          expect([inHeader, inQuery]).toEqual(
            more.token === undefined
              ? [false, false]
              : [!auth.endsWith("query"), auth.endsWith("query")],
          );
        }
      }
    },
  );

  it.each(Object.keys(CASES))("%s: is refused under another secret", async (service) => {
    const answers = await send(service, CASES[service] as readonly Case[], {
      secret: "another secret of at least 32 bytes",
    });
    expect(new Set(answers.map(([status]) => status))).toEqual(new Set([401]));
    expect(servers.get(service)?.lastCode()).toBe("signature-mismatch");
  });

  it("is refused where a URL lives longer than the route says, or is for PUT", async () => {
    const server = servers.get("s3") as RunningApp;
    const long = { auth: "s3-query", method: "GET", url: "/reports/a", expires: 601 } as const;
    expect((await send("s3", [long]))[0]?.[0]).toBe(401);
    expect(server.lastCode()).toBe("scheme-refused");
    const put = { ...long, method: "PUT", expires: 60 } as const;
    expect((await send("s3", [put]))[0]?.[0]).toBe(401);
    expect(server.lastCode()).toBe("method-refused");
  });
});
