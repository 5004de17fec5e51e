import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it } from "@jest/globals";
import { Controller, Get } from "@nestjs/common";
import { Signer } from "@lacre/core";
import { HmacPrincipal, HmacProtected, type HmacModuleOptions } from "@lacre/nestjs";
import { createGate } from "@lacre/node";
import { lacre } from "../cli/lacre.js";
import { DEMO_KEY, PLATFORMS, startApp, type Platform, type RunningApp } from "../support/app.js";
import { send, type WireRequest, type WireResponse } from "../support/wire.js";

/*
 * "https://*.example.com" takes every host with one label before it, and the MAC binds the host that came.
 */

@Controller("orders")
@HmacProtected({ presigned: 600 })
class OrdersController {
  @Get()
  list(@HmacPrincipal("appId") appId: string) {
    return appId;
  }
}

const start = (platform: Platform, hmac: Partial<HmacModuleOptions> = {}): Promise<RunningApp> =>
  startApp(platform, {
    controllers: [OrdersController],
    hmac: { origins: ["https://*.example.test", "https://api.other.test"], ...hmac },
  });

const signer = new Signer({ appId: "demo", apiKey: DEMO_KEY });

/** A request that is rightly signed for a host; other headers are not signed. */
function requestFor(host: string, more: WireRequest["headers"] = []): WireRequest {
  const { headers } = signer.sign({
    method: "GET",
    url: "https://x.test/",
    target: "/orders",
    headers: [["Host", host]],
  });
  return { method: "GET", target: "/orders", headers: [["Host", host], ...headers, ...more] };
}

const withHost = ({ headers, ...request }: WireRequest, host: string): WireRequest => ({
  ...request,
  headers: [["Host", host], ...headers.filter(([name]) => name !== "Host")],
});

describe.each(PLATFORMS)("on %s, a wildcard origin", (platform) => {
  let server: RunningApp;
  const ask = (request: WireRequest): Promise<WireResponse> => send(server.port, request);

  it("takes one label, and binds it", async () => {
    server = await start(platform);
    try {
      for (const host of [
        "acme.example.test",
        "ACME.example.test:443",
        "xn--bcher-kva.example.test",
      ])
        expect([host, (await ask(requestFor(host))).status]).toEqual([host, 200]);
      for (const host of [
        "example.test",
        "a.b.example.test",
        "acme.example.test.",
        "acme.example.test:80",
        "acme.example.test:8443",
        "*.example.test",
        "acmeexample.test",
        "acme.example.test.evil.test",
      ]) {
        const request = withHost(requestFor("acme.example.test"), host);
        expect([host, (await ask(request)).status]).toEqual([host, 401]);
        expect([host, server.lastCode()]).toEqual([host, "host-unknown"]);
      }
      // Signed for one tenant, sent to another.
      const elsewhere = withHost(requestFor("acme.example.test"), "evil.example.test");
      expect((await ask(elsewhere)).status).toBe(401);
      expect(server.lastCode()).toBe("signature-mismatch");
    } finally {
      await server.close();
    }
  });

  it("takes presigned URLs, each for its own host", async () => {
    server = await start(platform);
    try {
      const { url } = signer.presign({
        url: "https://acme.example.test/orders",
        expiresSeconds: 60,
      });
      const target = url.slice("https://acme.example.test".length);
      const open = (host: string): Promise<WireResponse> =>
        ask({ method: "GET", target, headers: [["Host", host]] });
      expect((await open("evil.example.test")).status).toBe(401);
      expect(server.lastCode()).toBe("signature-mismatch");
      expect((await open("acme.other.test")).status).toBe(401);
      expect(server.lastCode()).toBe("host-unknown");
      expect((await open("acme.example.test")).status).toBe(200);
    } finally {
      await server.close();
    }
  });

  it("may be chosen by a trusted proxy, and by no other peer", async () => {
    for (const [trustedProxies, status] of [
      [["127.0.0.1"], 200],
      [["10.0.0.0/8"], 401],
    ] as const) {
      server = await start(platform, { trustedProxies });
      try {
        const passedOn = withHost(
          requestFor("acme.example.test", [["X-Forwarded-Host", "acme.example.test"]]),
          "internal.test",
        );
        expect((await ask(passedOn)).status).toBe(status);
        const evil = withHost(
          requestFor("a.b.example.test", [["X-Forwarded-Host", "a.b.example.test"]]),
          "internal.test",
        );
        expect((await ask(evil)).status).toBe(401);
        expect(server.lastCode()).toBe("host-unknown");
      } finally {
        await server.close();
      }
    }
  });
});

describe("lacre doctor", () => {
  it("finds nothing wrong with a server that has one", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const own = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const gate = createGate(
      {
        apps: { demo: DEMO_KEY },
        origins: ["https://*.example.test", own],
        bootFence: false,
      },
      {},
    );
    server.on("request", (request, response) => {
      void gate.admit(request, response).then((caller) => caller && response.end("ran"));
    });
    const { out } = await lacre(["doctor", `${own}/orders`, "--app-id", "demo"], {
      env: { LACRE_API_KEY: DEMO_KEY },
    });
    server.close();
    expect(out).toMatch(/\n[1-9]\d+ good, 0 bad/);
    expect(out).toMatch(/^good +host$/m);
  });
});

describe("lacre verify", () => {
  it("judges by a wildcard as a server does", async () => {
    const raw = (host: string): string => {
      const { headers } = requestFor(host);
      return `GET /orders HTTP/1.1\r\n${headers.map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n`;
    };
    const verify = (host: string, stdin: string) =>
      lacre(["verify", "--origin", "https://*.example.test", "--app-id", "demo"], {
        env: { LACRE_API_KEY: DEMO_KEY },
        stdin,
      }).then(({ code, out }) => [host, code, out.split("\n", 2).join(" ")]);
    expect(await verify("acme", raw("acme.example.test"))).toEqual([
      "acme",
      0,
      expect.stringContaining("accepted"),
    ]);
    expect(await verify("apex", raw("example.test"))).toEqual([
      "apex",
      1,
      expect.stringContaining("host-unknown"),
    ]);
  });
});
