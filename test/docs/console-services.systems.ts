import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import type { INestApplication, Type } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { ConfigurationError, Signer } from "@lacre/core";
import { ConsoleKeyStore, ConsoleVerdicts, MasterKeyWrapper } from "@lacre/stores/console";
import { verdictMinutes } from "../../apps/console/src/database/tables.js";
import { embedded } from "../console/support/databases.js";
import { Forger } from "../console/support/forger.js";
import { RegistryWriter, until } from "../console/support/registry.js";
import { TestConsole } from "../console/support/test-console.js";
import { send } from "../support/wire.js";
import { read } from "./markdown.js";
import { portOf, Workshop } from "./workshop.js";

const PAGE = "docs/console/services.md";
const HOST = "api.example.com";

describe(PAGE, () => {
  let workshop: Workshop;
  let lacre: TestConsole;
  let origin: Forger;
  let app: INestApplication | undefined;
  beforeAll(async () => {
    workshop = new Workshop(PAGE);
    origin = await Forger.start();
    lacre = await TestConsole.start(embedded(), { settings: { origin: origin.url } });
    origin.target = Number(new URL(lacre.url).port);
  });
  afterAll(async () => {
    await app?.close();
    await lacre?.close();
    origin?.close();
    workshop?.close();
  });

  it("shows a service that reads its keys over HTTP and tells its verdicts", async () => {
    const registry = new RegistryWriter(lacre.database.db, new MasterKeyWrapper(lacre.masterKey));
    const service = await registry.service("orders-service");
    const caller = await registry.app("orders");
    process.env.CONSOLE_URL = origin.url;
    process.env.CONSOLE_APP_ID = service.appId;
    process.env.CONSOLE_API_KEY = service.apiKey;
    const { AppModule } = (await workshop.run("app.module.ts")) as { AppModule: Type };
    app = await NestFactory.create(AppModule, { logger: false });
    await app.listen(0, "127.0.0.1");
    const clock = { nowMs: () => Date.now() + 4_000 }; // behind the fence of both
    const call = async (): Promise<number> => {
      const signed = new Signer({ ...caller, clock }).sign({
        method: "GET",
        url: `https://${HOST}/orders`,
      });
      const headers = [["Host", HOST] as const, ...signed.headers];
      return (
        await send(portOf(app as INestApplication), { method: "GET", target: "/orders", headers })
      ).status;
    };
    await until(async () => (await call()) === 200);
    await app.close(); // tells the rest
    app = undefined;
    const rows = await lacre.database.db.select().from(verdictMinutes);
    expect(rows.find(({ code }) => code === "accepted")).toMatchObject({
      appId: "orders",
      keyId: "orders-key",
      service: "orders-service",
    });
  });

  it("shows a key store from the database that can be made", async () => {
    process.env.CONSOLE_MASTER_KEY = Buffer.from(lacre.masterKey).toString("base64");
    const { apps } = await workshop.run("from-database.ts");
    expect(apps).toBeInstanceOf(ConsoleKeyStore);
  });

  it.each([ConsoleKeyStore, ConsoleVerdicts])("names all options of %p", (Class) => {
    const page = read(PAGE);
    const make = (): unknown => new (Class as new (options: object) => unknown)({ stranger: 1 });
    expect(make).toThrow(ConfigurationError);
    try {
      make();
    } catch (error) {
      const [, names = ""] = /Options: (.+)\.$/.exec((error as Error).message) ?? [];
      expect(names.split(", ").length).toBeGreaterThan(5);
      for (const name of names.split(", ")) expect(page).toContain(`\`${name}\``);
    }
  });
});
