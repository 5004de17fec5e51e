import { randomInt } from "node:crypto";
import { Controller, Get } from "@nestjs/common";
import { signFetch } from "@lacre/client";
import { readApps } from "@lacre/core";
import { HmacPrincipal, HmacProtected, type Principal } from "@lacre/nestjs";
import { awsSigV4 } from "@lacre/schemes/aws-sigv4";
import { TERMINAL } from "../../../apps/console/src/audit/actor.js";
import { KEY_SCHEMES } from "../../../apps/console/src/credentials/schemes.js";
import { Configuration } from "../../../apps/console/src/export/configuration.js";
import { startApp } from "../../support/app.js";
import type { Databases } from "../support/databases.js";
import { TestConsole } from "../support/test-console.js";

@Controller()
class WhoController {
  @Get("who")
  @HmacProtected()
  who(@HmacPrincipal() { appId, keyId, attributes }: Principal) {
    return { appId, keyId, attributes };
  }
}

/** What is stored here starts a service. */
export function definitionsCases(databases: () => Databases): void {
  let lacre: TestConsole;
  let team: string;
  let admin: string;

  beforeAll(async () => {
    lacre = await TestConsole.start(databases());
    team = await lacre.team("definitions");
    admin = (await lacre.somebody("admin")).token;
  });
  afterAll(() => lacre.close());

  it("stores nothing that the module would refuse, whatever is sent", async () => {
    const seed = randomInt(2 ** 31);
    const random = randomOf(seed);
    const wrong: unknown[] = [];
    const send = async (path: string, body: unknown): Promise<number> => {
      const { status } = await lacre.ask(path, { body, token: admin });
      if (![201, 400, 409].includes(status)) wrong.push([status, path, body]);
      return status;
    };
    const answers = new Map<number, number>();
    for (let i = 0; i < 30; i++) {
      const app = randomApp(random, team);
      const status = await send("/v1/apps", app);
      answers.set(status, (answers.get(status) ?? 0) + 1);
      if (status !== 201) continue;
      const path = `/v1/apps/${encodeURIComponent(app.id)}/keys`;
      // Most keys are wrong somewhere: with two tries an app, one run in seven had no ring of two.
      for (let k = 0, issued = 0; k < 6 && issued < 2; k++)
        if ((await send(path, randomKey(random, app.schemes))) === 201) issued += 1;
    }
    expect({ seed, wrong }).toEqual({ seed, wrong: [] });
    expect(answers.get(201)).toBeGreaterThan(3);
    expect(answers.get(400)).toBeGreaterThan(3);
    const text = await exported();
    const apps = readApps(
      JSON.parse(text).apps,
      KEY_SCHEMES.map(({ rules }) => rules),
    );
    expect(apps.some(({ keys }) => keys.length > 1)).toBe(true);
  });

  it("starts a service with all that was taken along", async () => {
    const scheme = awsSigV4({ region: "eu-central-1", service: "execute-api" });
    const body = {
      id: "leaving",
      teamId: team,
      schemes: ["lacre1", "aws-sigv4"],
      attributes: { tenant: 7 },
    };
    await lacre.ask("/v1/apps", { body, token: admin });
    const keyFor = async (name: string) =>
      (await lacre.ask("/v1/apps/leaving/keys", { body: { scheme: name }, token: admin })).body;
    const [own, amazon] = [await keyFor("lacre1"), await keyFor("aws-sigv4")];
    const all = JSON.parse(await exported()).apps as { appId: string }[];

    const service = await startApp("express", {
      controllers: [WhoController],
      hmac: {
        schemes: ["lacre1", scheme],
        apps: all.filter(({ appId }) => appId === "leaving"),
      },
    });
    try {
      const call = signFetch(fetch, { appId: "leaving", apiKey: own.apiKey });
      const answer = await call(`${service.url}/who`);
      expect(answer.status).toBe(200);
      expect(await answer.json()).toEqual({
        appId: "leaving",
        keyId: own.key.id,
        attributes: { tenant: 7 },
      });
      expect(amazon.key.encoding).toBe("text");
    } finally {
      await service.close();
    }
  });

  const exported = async (): Promise<string> =>
    (await lacre.app.get(Configuration, { strict: false }).export(TERMINAL, "json")).text;
}

type Random = (below: number) => number;

/** Mulberry32: the same seed makes the same input. */
function randomOf(seed: number): Random {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

const one = <T>(random: Random, list: readonly T[]): T => list[random(list.length)] as T;
const ODD = [
  "",
  "lk1_AAAA",
  "a b",
  "é",
  "\0",
  "\n",
  "\ud800",
  "__proto__",
  "constructor",
  "x".repeat(129),
  "~",
  "..",
  "%2e",
];
const NETWORKS = [
  "10.0.0.0/8",
  "10.1.2.3",
  "2001:db8::/32",
  "10.1.2.3/8",
  "::/129",
  "",
  "lk1_A",
  "0.0.0.0/0",
];
const text = (random: Random): string =>
  random(4) === 0 ? one(random, ODD) : `n${random(1_000_000).toString(36)}`;
const listOf = <T>(random: Random, make: () => T): T[] => Array.from({ length: random(4) }, make);

function randomApp(random: Random, teamId: string) {
  const schemes = listOf(random, () => one(random, KEY_SCHEMES).rules.name);
  const limit = () => one(random, [1, 600, 0, -1, 1.5, 2 ** 53, "9", null]);
  return {
    id: text(random),
    teamId,
    schemes: random(8) === 0 ? schemes : [...schemes, "lacre1"],
    scopes: random(3) === 0 ? listOf(random, () => text(random)) : ["orders:read"],
    ...(random(3) === 0 && {
      limits: { [one(random, ["perMinute", "perDay", "perWeek"])]: limit() },
    }),
    ...(random(3) === 0 && {
      attributes: { [text(random)]: one(random, ODD), deep: [[{ a: text(random) }]] },
    }),
    ...(random(2) === 0 && { networks: listOf(random, () => one(random, NETWORKS)) }),
    ...(random(6) === 0 && { name: text(random) }),
  };
}

function randomKey(random: Random, schemes: readonly string[]) {
  const hours = (): string => new Date(Date.now() + (random(200) - 40) * 3_600_000).toISOString();
  const some = <T>(name: string, make: () => T): object =>
    random(3) === 0 ? { [name]: make() } : {};
  return {
    scheme: one(random, [...schemes, "lacre1"]),
    ...some("encoding", () => one(random, ["lk1", "base64", "hex", "text", "whsec"])),
    ...some("algorithm", () => one(random, ["sha1", "sha256", "sha384", "sha512"])),
    ...some("notBefore", hours),
    ...some("expiresAt", hours),
    ...some("secret", () =>
      one(random, [
        ...ODD,
        `lk1_${"A".repeat(43)}`,
        Buffer.alloc(32, random(256)).toString("base64"),
        `whsec_${Buffer.from(text(random).padEnd(40, "z")).toString("base64")}`,
        `${random(1e9)} secret of a sender with blanks`.padEnd(40, "é"),
      ]),
    ),
  };
}
