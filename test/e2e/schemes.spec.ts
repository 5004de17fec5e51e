import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { Controller, Get, Logger, Post } from "@nestjs/common";
import { github } from "@lacre/schemes/github";
import { hawk } from "@lacre/schemes/hawk";
import { HmacPrincipal, HmacProtected, type HmacModuleOptions } from "@lacre/nestjs";
import { rfc9421 } from "@lacre/schemes/rfc9421";
import { stripe } from "@lacre/schemes/stripe";
import { DEMO_KEY, PLATFORMS, startApp, TestClock, type RunningApp } from "../support/app.js";
import { send, signed } from "../support/wire.js";

const TEXT_KEY = "correct horse battery staple, at least";

@Controller("orders")
@HmacProtected({ schemes: ["lacre1", "hawk"] })
class BothController {
  @Get()
  both(@HmacPrincipal("scheme") scheme: string): { scheme: string } {
    return { scheme };
  }
}

@Controller("hooks")
@HmacProtected({ schemes: ["github"] })
class HooksController {
  @Post()
  hook(): void {}
}

@Controller("second")
@HmacProtected({ schemes: ["second"] })
class SecondController {
  @Get()
  get(): void {}
}

/** What the module says at its start. */
async function saidAtStart(schemes: NonNullable<HmacModuleOptions["schemes"]>): Promise<string> {
  const said: string[] = [];
  const note = (message: unknown): void => void said.push(String(message));
  Logger.overrideLogger({ log: () => {}, error: note, warn: note });
  try {
    const app = await startApp("express", {
      controllers: [],
      hmac: {
        schemes,
        apps: [{ appId: "x", apiKey: TEXT_KEY, encoding: "text", schemes: [nameOf(schemes[0])] }],
      },
      create: { logger: { log: () => {}, error: note, warn: note } },
    });
    await app.close();
  } finally {
    Logger.overrideLogger(false);
  }
  return said.join("\n");
}
const nameOf = (scheme: unknown): string =>
  typeof scheme === "string" ? scheme : (scheme as { name: string }).name;

describe("a weak scheme", () => {
  it("is named at every start, with what it does not protect from", async () => {
    const said = await saidAtStart([github({ appId: "x" })]);
    expect(said).toMatch(/the scheme github is weak\. .*time.*.*acknowledgeWeakness: true/);
  });

  it("is not, once that is acknowledged", async () => {
    expect(await saidAtStart([github({ appId: "x", acknowledgeWeakness: true })])).toBe("");
  });
});

describe("several schemes of one format", () => {
  it("are told to a refused caller together, each once", async () => {
    const keyOf = (name: string) => ({
      appId: name,
      apiKey: `${TEXT_KEY} of ${name}`,
      encoding: "text" as const,
      schemes: [name],
    });
    const server = await startApp("express", {
      controllers: [SecondController],
      hmac: {
        schemes: [
          rfc9421({ label: "one" }),
          rfc9421({ name: "second", label: "two", components: ["@method", "@target-uri"] }),
          hawk(),
          hawk({ name: "hawk-2" }),
        ],
        apps: ["rfc9421", "second", "hawk", "hawk-2"].map(keyOf),
      },
    });
    try {
      const host: [string, string] = ["Host", `127.0.0.1:${server.port}`];
      const { status, headers } = await send(server.port, {
        method: "GET",
        target: "/second",
        headers: [host],
      });
      expect(status).toBe(401);
      expect(headers.get("www-authenticate")).toBe('Hawk error="Unauthorized"');
      expect(headers.get("accept-signature")).toMatch(/^one=\("@method" .*, two=\("@method" "@ta/);
      expect(headers.get("want-content-digest")).toBe("sha-256=10, sha-512=3");
    } finally {
      await server.close();
    }
  });
});

describe.each(PLATFORMS)("several schemes on %s", (platform) => {
  const clock = new TestClock();
  let server: RunningApp;
  beforeAll(async () => {
    server = await startApp(platform, {
      controllers: [BothController],
      hmac: {
        clock,
        schemes: ["lacre1", hawk({ acknowledgeWeakness: true }), rfc9421()],
        apps: [
          {
            appId: "demo",
            keys: [{ apiKey: DEMO_KEY }, { apiKey: TEXT_KEY, encoding: "text", schemes: ["hawk"] }],
          },
        ],
      },
    });
  });
  afterAll(() => server.close());

  const asHawk = (): Parameters<typeof signed>[2] => ({
    apiKey: TEXT_KEY,
    encoding: "text",
    scheme: hawk(),
    clock,
  });

  it("lets both in on one route, each by its own key", async () => {
    const request = { method: "GET", target: "/orders" };
    expect((await send(server.port, signed(server.port, request, { clock }))).body).toBe(
      '{"scheme":"lacre1"}',
    );
    expect((await send(server.port, signed(server.port, request, asHawk()))).body).toBe(
      '{"scheme":"hawk"}',
    );
  });

  it("opens nothing with a key of another scheme", async () => {
    const crossed = signed(
      server.port,
      { method: "GET", target: "/orders" },
      { apiKey: TEXT_KEY, encoding: "text", clock },
    );
    expect((await send(server.port, crossed)).status).toBe(401);
    expect(server.lastCode()).toBe("signature-mismatch");
  });

  it("tells everybody the same, and the holder of a key what its scheme has to say", async () => {
    const host: [string, string] = ["Host", `127.0.0.1:${server.port}`];
    const stranger = await send(server.port, { method: "GET", target: "/orders", headers: [host] });
    const everybody = stranger.headers.get("www-authenticate") ?? "";
    expect(everybody).toMatch(/^LACRE1-HMAC-SHA256, .*Hawk error="Unauthorized"/);
    // RFC 9421 §5.1 and RFC 9530 §4.
    expect(stranger.headers.get("accept-signature")).toContain('"@method"');
    expect(stranger.headers.get("want-content-digest")).toContain("sha-256");

    const late = signed(server.port, { method: "GET", target: "/orders" }, asHawk());
    clock.advance(120);
    const told = await send(server.port, late);
    expect(told.headers.get("www-authenticate")).toMatch(
      new RegExp(
        `^Hawk ts="${Math.floor(clock.ms / 1000)}", tsm="[^"]+", error="Stale timestamp"$`,
      ),
    );
    const forged = late.headers.map(
      ([name, value]) => [name, value.replace(/mac="..../, 'mac="AAAA')] as const,
    );
    const untold = await send(server.port, { ...late, headers: forged });
    expect(untold.headers.get("www-authenticate")).toBe(everybody);
  });
});

describe("an app that takes webhooks alone", () => {
  it("names a way in on its 401, which HTTP demands", async () => {
    const server = await startApp("express", {
      controllers: [HooksController],
      hmac: {
        schemes: [github({ appId: "hub", acknowledgeWeakness: true }), stripe({ appId: "pay" })],
        apps: [{ appId: "hub", apiKey: TEXT_KEY, encoding: "text", schemes: ["github"] }],
      },
    });
    const host: [string, string] = ["Host", `127.0.0.1:${server.port}`];
    const { status, headers } = await send(server.port, {
      method: "POST",
      target: "/hooks",
      headers: [host],
    });
    await server.close();
    expect([status, headers.get("www-authenticate")]).toEqual([401, "github, stripe"]);
  });
});
