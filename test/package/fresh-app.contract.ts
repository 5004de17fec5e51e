import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { generateApiKey } from "@lacre/core";
import { RedisServer } from "../support/redis-server.js";
import { doorsIn, type Door } from "./every-door.js";
import { FreshApp, type NestMajor } from "./fresh-app.js";
import {
  guardWithPassport,
  keepNoncesInItsCache,
  protectTheApp,
  writeTheRecipe,
} from "./fresh-app-edits.js";
import { complaintsOf, NODE_16, RESOLUTIONS } from "./fresh-app-types.js";
import { pack } from "./packed.js";

const PACKAGES = ["core", "schemes", "stores", "node", "nestjs", "client"];
const FIXTURES = fileURLToPath(new URL("fixtures/fresh", import.meta.url));
const ORDERS_KEY = generateApiKey();

/** What every caller must see, however it was built and wherever nonces are kept. */
const SEEN = {
  unsigned: 401,
  accepted: [200, "orders"],
  changedTarget: 401,
  unchanged: 200,
  replay: 401,
  changedBody: 401,
  unchangedBody: 201,
};

/**
 * What holds of an application that `nest new` has just made, once the packages are installed in it. The tests follow
 * each other as the days of its author: one application, in which more and more is installed.
 */
export function itIsAtHomeIn(nest: NestMajor): void {
  let work: string;
  let app: FreshApp;
  let asGenerated: string[];
  let first: { output: string; added: string[] };

  beforeAll(async () => {
    work = await mkdtemp(join(tmpdir(), `lacre-fresh-${nest}-`));
    const tarballs = await packed(work);
    app = await FreshApp.generate(nest, work);
    asGenerated = await app.problems();
    first = await app.install(...tarballs);
    await protectTheApp(app);
    await cp(FIXTURES, app.folder, { recursive: true });
  });
  afterAll(() => rm(work, { recursive: true, force: true }));

  const doors = (): Promise<Door[]> => doorsIn(join(app.folder, "node_modules"));

  /** Builds it, starts it, and has it called by a program that requires and by one that imports. */
  async function expectItToJudge(env: Readonly<Record<string, string>> = {}): Promise<void> {
    await app.npm(["run", "build"]);
    for (const caller of ["caller.cjs", "caller.mjs"]) {
      const running = await app.start({ ORDERS_KEY, ...env });
      try {
        const printed = await app.node([caller], { ORDERS_KEY, APP_URL: running.url });
        expect([JSON.parse(printed), running.log]).toEqual([SEEN, expect.anything()]);
      } finally {
        await running.stop();
      }
    }
  }

  async function expectOneIdentity(specifiers: readonly string[]): Promise<void> {
    const printed = await app.node(["identity.mjs", ...specifiers]);
    const { differences, compared } = JSON.parse(printed) as { differences: []; compared: number };
    expect(differences).toEqual([]);
    expect(compared).toBeGreaterThan(specifiers.length);
  }

  /** As jest loads them, which loads no ES module. */
  async function expectToBeRequired(names: readonly string[]): Promise<void> {
    const load = `for (const name of ${JSON.stringify(names)}) require(name);`;
    await app.node(["--no-experimental-require-module", "-e", load]);
  }

  describe("with the packages and nothing else", () => {
    it("gets them and no package of Nest, without a word of peers", async () => {
      const of = (scope: string) => first.added.filter((name) => name.startsWith(`${scope}/`));
      expect(of("@lacre")).toEqual(PACKAGES.map((name) => `@lacre/${name}@0.1.0`).toSorted());
      expect(of("@nestjs")).toEqual([]);
      expect(first.output).not.toMatch(/ERESOLVE|peer/i);
      expect(await app.problems()).toEqual(asGenerated);
    });

    // Nest 12 is ES modules itself, so what jest can load is no question there.
    if (nest === 11)
      it("gets nothing that only `import` can load, as jest cannot", async () => {
        const names = first.added
          .map((each) => each.replace(/@[^@]+$/, ""))
          .filter((name) => !/^@types\/|^@lacre\/(?:schemes|stores)$/.test(name)); // nothing at their root
        await expectToBeRequired(names);
      });

    it("passes its unit tests, under its own configuration", async () => {
      expect(await app.npm(["test"])).toMatch(/Tests:?\s+3 passed/);
    });

    it("passes its tests end to end, under its own configuration", async () => {
      expect(await app.npm(["run", "test:e2e"], { ORDERS_KEY })).toMatch(/Tests:?\s+2 passed/);
    });

    it("passes its linter", async () => {
      await app.npm(["run", "lint"]);
    });

    it("passes the tests that the recipe shows", async () => {
      await writeTheRecipe(app);
      expect(await app.npm(["test", "--", "orders"])).toMatch(/Tests:?\s+1 passed/);
      expect(await app.npm(["run", "test:e2e", "--", "signed"])).toMatch(/Tests:?\s+5 passed/);
    });

    it("accepts what was signed, refuses what was changed, and refuses replays", async () => {
      await expectItToJudge();
    });

    it("reads the types of every door that needs nothing more", async () => {
      const found = await doors();
      const atRoot = found.filter(({ specifier }) => specifier.split("/").length === 2);
      expect(atRoot.filter(({ missing }) => missing.length > 0)).toEqual([]);
      const open = found.filter(({ missing }) => missing.length === 0);
      expect(await complaintsOf(app, open, NODE_16)).toEqual([]);
    });

    it("has one copy of everything for those who require and those who import", async () => {
      const open = (await doors()).filter(({ missing }) => missing.length === 0);
      await expectOneIdentity(open.map(({ specifier }) => specifier));
    });

    it("takes the module of the one under the decorators of the other", async () => {
      const half = { unsigned: 401, signed: [200, "orders"], refusals: [true] };
      expect(JSON.parse(await app.node(["mixed.mjs"]))).toEqual({
        requiredModule: half,
        importedModule: half,
        errors: [true, true],
      });
    });

    if (nest === 11)
      it("judges the same where the two are two copies", async () => {
        const half = { unsigned: 401, signed: [200, "orders"] };
        const printed = await app.node(["--no-experimental-require-module", "mixed.mjs"]);
        expect(JSON.parse(printed)).toMatchObject({ requiredModule: half, importedModule: half });
      });
  });

  describe("with @nestjs/passport and @nestjs/cache-manager", () => {
    let redis: RedisServer;
    beforeAll(async () => {
      const versions = { 11: ["11", "3"], 12: ["12", "12"] }[nest];
      await app.install(
        `@nestjs/passport@${versions[0]}`,
        "passport",
        `@nestjs/cache-manager@${versions[1]}`,
        "cache-manager",
        "@keyv/redis",
      );
      redis = await RedisServer.start();
    });
    afterAll(() => redis.stop());

    it("is judged by AuthGuard, with its own cache for the nonces", async () => {
      await guardWithPassport(app);
      await keepNoncesInItsCache(app);
      await expectItToJudge({ REDIS_URL: redis.url });
    });
  });

  describe("with every optional peer", () => {
    beforeAll(async () => {
      const { output } = await app.install(...(await peersOf(app, nest)));
      expect(output).not.toMatch(/ERESOLVE|peer/i);
    });

    it.each(RESOLUTIONS[nest])("reads the types of every door: $moduleResolution", async (each) => {
      const found = await doors();
      expect(found.filter(({ missing }) => missing.length > 0)).toEqual([]);
      expect(await complaintsOf(app, found, each)).toEqual([]);
    });

    it("has one copy of everything", async () => {
      await expectOneIdentity((await doors()).map(({ specifier }) => specifier));
    });

    if (nest === 11)
      it("has every door for those who can only require", async () => {
        await expectToBeRequired((await doors()).map(({ specifier }) => specifier));
      });
  });
}

function packed(work: string): Promise<string[]> {
  const folders = PACKAGES.map((name) => `libs/${name}`);
  return pack(folders, work);
}

/**
 * Which versions of optional peers the packages work with. Their manifests take any, so that an application with an older
 * one, for another purpose, can install them; the READMEs say these.
 */
const SUPPORTED: Readonly<Record<string, string>> = {
  "@nestjs/axios": "^4.0.0 || ^12.0.0",
  "@nestjs/common": "^11.0.0 || ^12.0.0",
  "@nestjs/passport": "^11.0.0 || ^12.0.0",
  "@nestjs/swagger": "^11.0.0 || ^12.0.0",
  "@nestjs/terminus": "^11.0.0 || ^12.0.0",
  "@nestjs/throttler": "^6.0.0",
  "@opentelemetry/api": "^1.9.0",
  axios: "^1.7.0",
  got: "^14.6.0 || ^15.0.0 || ^16.0.0",
  ioredis: "^5.4.0 || ^6.0.0",
  pg: "^8.11.0",
  redis: "^5.0.0 || ^6.0.0",
  rxjs: "^7.8.0",
  supertest: "^7.0.0",
  undici: "^7.0.0 || ^8.0.0",
};

/** Everything that the packages can work with and that is not there yet: under Nest 11 the oldest. */
async function peersOf(app: FreshApp, nest: NestMajor): Promise<string[]> {
  const peers = new Map<string, string>();
  for (const name of PACKAGES) {
    const manifest = await app.read(`node_modules/@lacre/${name}/package.json`);
    const { peerDependencies = {} } = JSON.parse(manifest) as {
      peerDependencies?: Record<string, string>;
    };
    for (const [peer, given] of Object.entries(peerDependencies)) {
      const range = given === "*" ? SUPPORTED[peer] : given;
      if (range === undefined) throw new Error(`no version of ${peer} is said to be supported`);
      const majors = range.split(" || ");
      const newest = peer.startsWith("@nestjs/") ? majors.at(-1) : range; // npm knows which runs on this Node
      peers.set(peer, (nest === 11 ? majors.at(0) : newest) ?? range);
    }
  }
  const { dependencies = {} } = JSON.parse(await app.read("package.json")) as {
    dependencies?: Record<string, string>;
  };
  return [...peers]
    .filter(([peer]) => !Object.hasOwn(dependencies, peer))
    .map(([peer, range]) => `${peer}@${range}`);
}
