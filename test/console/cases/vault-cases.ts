import { randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eq, getTableColumns, getTableName, is } from "drizzle-orm";
import { PgTable } from "drizzle-orm/pg-core";
import { Secret, TOTP } from "otpauth";
import { MasterKeyWrapper, openSecret, sealSecret } from "@lacre/stores/console";
import { TERMINAL } from "../../../apps/console/src/audit/actor.js";
import * as tables from "../../../apps/console/src/database/tables.js";
import { Configuration } from "../../../apps/console/src/export/configuration.js";
import { writeExport } from "../../../apps/console/src/export/write-export.js";
import type { Problem } from "../../../apps/console/src/problems/problem.js";
import { createConsole } from "../../../apps/console/src/start/create-console.js";
import { derivedKey, markKeysOf } from "../../../apps/console/src/start/settings.js";
import { Rewrap } from "../../../apps/console/src/vault/rewrap.js";
import { SEALED_PLACES } from "../../../apps/console/src/vault/sealed-places.js";
import type { Databases } from "../support/databases.js";
import { startEnrolled } from "../support/enrolled.js";
import { TestConsole } from "../support/test-console.js";

/** Secrets at rest, settings, and the way out. */
export function vaultCases(databases: () => Databases): void {
  let lacre: TestConsole;
  let team: string;
  let admin: { id: string; token: string };
  const issued: string[] = [];
  const seed = randomBytes(20);
  let nowMs = Date.now();
  /** A code of the admin's authenticator app that was not used yet. */
  const fresh = (): string => {
    nowMs += 30_000;
    return new TOTP({ secret: new Secret({ buffer: new Uint8Array(seed).buffer }) }).generate({
      timestamp: nowMs,
    });
  };

  const newKey = async (appId: string, body: { scheme?: string; secret?: string } = {}) => {
    const answer = await lacre.ask(`/v1/apps/${appId}/keys`, { body, token: admin.token });
    expect(answer.status).toBe(201);
    issued.push(body.secret ?? answer.body.apiKey);
    return { id: answer.body.key.id as string, apiKey: answer.body.apiKey as string };
  };

  beforeAll(async () => {
    lacre = await TestConsole.start(databases(), {
      settings: { clock: { nowMs: () => nowMs } },
    });
    team = await lacre.team("vault");
    admin = await lacre.somebody("admin");
    for (const [id, schemes] of [
      ["a", ["lacre1"]],
      ["b", ["stripe", "aws-sigv4"]],
    ] as const)
      await lacre.ask("/v1/apps", { body: { id, teamId: team, schemes }, token: admin.token });
    await newKey("a");
    await newKey("a");
    await newKey("b", { scheme: "stripe", secret: `whsec_${randomBytes(24).toString("hex")}` });
    await newKey("b", { scheme: "aws-sigv4" });
  });
  afterAll(() => lacre.close());

  it("knows every place where something is sealed", () => {
    const covered = new Set(SEALED_PLACES.map(({ table }) => getTableName(table)));
    const sealed = Object.values(tables).flatMap((table) =>
      is(table, PgTable) &&
      Object.values(getTableColumns(table)).some(({ name }) =>
        /_(?:sealed|wrapped_key)$/.test(name),
      )
        ? [getTableName(table)]
        : [],
    );
    expect([...covered].sort()).toEqual(sealed.sort());
    expect(sealed.length).toBeGreaterThan(0);
  });

  it("lets the admin change settings, and says how the console stands", async () => {
    const { body, headers } = await lacre.ask("/v1/settings", { token: admin.token });
    expect(body).toMatchObject({
      refusalDays: 30,
      minuteDays: 400,
      alarms: { replayStormPerMinute: 20, keyExpiringDays: 14 },
      masterKeyId: new MasterKeyWrapper(lacre.masterKey).id,
      recordsUnderOtherKeys: 0,
    });
    const change = (etag: string | null) =>
      lacre.ask("/v1/settings", {
        method: "PATCH",
        body: { alarms: { keyExpiringDays: 7 } },
        headers: { "if-match": etag ?? "" },
        token: admin.token,
      });
    const changed = await change(headers.get("etag"));
    expect(changed.body.alarms).toEqual({ replayStormPerMinute: 20, keyExpiringDays: 7 });
    expect(await change(headers.get("etag"))).toMatchObject({ status: 412 });
  });

  it("does not start with a master key that is not the database's, and says which one it needs", async () => {
    const stranger = randomBytes(32);
    const start = (wrapper: MasterKeyWrapper): Promise<unknown> =>
      createConsole({
        settings: {
          origin: "http://127.0.0.1:3100",
          tokenKey: derivedKey(stranger, "access tokens"),
          wrapper,
          markKeys: markKeysOf([stranger]),
        },
        database: { ...lacre.database, close: () => Promise.resolve() },
        logger: false,
      });
    const { id } = new MasterKeyWrapper(lacre.masterKey);
    // As many as a rewrap brings along: revoked keys too.
    const revoked = await newKey("b", {
      scheme: "stripe",
      secret: randomBytes(32).toString("hex"),
    });
    const revoke = `/v1/apps/b/keys/${revoked.id}/revoke`;
    await lacre.ask(revoke, { body: { reason: "old" }, token: admin.token });
    const refusal = new RegExp(`^CONSOLE_MASTER_KEY: .* ${id} \\(5 records\\)\\. Give it`);
    await expect(start(new MasterKeyWrapper(stranger))).rejects.toThrow(refusal);
    // Also where nothing is sealed yet: another console has begun with its own.
    const empty = await TestConsole.start(databases());
    const other = TestConsole.startOn(
      { ...empty.database, close: () => Promise.resolve() },
      stranger,
    );
    await expect(other).rejects.toThrow(/^CONSOLE_MASTER_KEY: .*\(0 records\)/);
    await empty.close();
  });

  it("exports what can be opened, says what could not, and lets a key be revoked that cannot", async () => {
    const { db } = lacre.database;
    const configuration = lacre.app.get(Configuration, { strict: false });
    const made = await lacre.ask("/v1/apps", {
      body: { id: "damaged", teamId: team, schemes: ["lacre1"] },
      token: admin.token,
    });
    expect(made.status).toBe(201);
    const { apiKey } = await newKey("damaged");
    issued.pop();
    const [row] = await db.select().from(tables.keys).where(eq(tables.keys.appId, "damaged"));
    const { id = "", sealed } = row ?? {};
    const cut = { sealed: sealed?.slice(0, -1) ?? new Uint8Array(0) };
    await db.update(tables.keys).set(cut).where(eq(tables.keys.id, id));
    const lacks = { appId: "damaged", keyId: id };
    const { text, unreadable } = await configuration.export(TERMINAL, "json");
    expect([unreadable, JSON.parse(text).unreadable]).toEqual([[lacks], [lacks]]);
    for (const other of issued) expect(text).toContain(other);
    expect(text).not.toContain(apiKey);
    const typescript = await configuration.export(TERMINAL, "typescript");
    expect(typescript.text).toContain(`cannot be opened: ${id} of damaged.`);
    const revoked = await lacre.ask(`/v1/apps/damaged/keys/${id}/revoke`, {
      body: { reason: "nobody has it" },
      token: admin.token,
    });
    expect(revoked.status).toBe(200);
    expect((await configuration.export(TERMINAL, "json")).unreadable).toEqual([]);
    await db.delete(tables.keys).where(eq(tables.keys.id, id));
    await db.delete(tables.apps).where(eq(tables.apps.id, "damaged"));
  });

  it("brings everything under a new master key, while both consoles run", async () => {
    const { db } = lacre.database;
    const old = new MasterKeyWrapper(lacre.masterKey);
    const context = `totp:${admin.id}`;
    const sealedSeed = await sealSecret(seed, context, old);
    await db.insert(tables.signIns).values({ personId: admin.id, passwordHash: "", ...sealedSeed });
    const newKeyBytes = randomBytes(32);
    const masterKeys = [newKeyBytes, lacre.masterKey];
    const wrapper = new MasterKeyWrapper(newKeyBytes, lacre.masterKey);
    const next = await createConsole({
      settings: {
        origin: "http://127.0.0.1:3100",
        tokenKey: derivedKey(newKeyBytes, "access tokens"),
        wrapper,
        markKeys: markKeysOf(masterKeys),
      },
      database: { ...lacre.database, close: () => Promise.resolve() },
      logger: false,
    });
    const rewrap = next.get(Rewrap, { strict: false });
    expect(await rewrap.waiting()).toBe(6);
    const [progress] = await Promise.all([
      rewrap.run(TERMINAL),
      rewrap.start(TERMINAL).catch((error: Problem) => expect(error.code).toBe("conflict")),
    ]);
    expect(progress).toEqual({ running: false, done: 6, total: 6, failed: 0 });
    expect(await rewrap.waiting()).toBe(0);

    const [row] = await db.select().from(tables.signIns);
    const opened = row && (await openSecret(row, context, new MasterKeyWrapper(newKeyBytes)));
    expect(opened && Buffer.from(opened)).toEqual(seed);
    const { text } = await next.get(Configuration, { strict: false }).export(TERMINAL, "json");
    for (const apiKey of issued) expect(text).toContain(apiKey);
    // A secret that was known under the old master key is known under the new one.
    const marks = await db.select({ mark: tables.keys.mark }).from(tables.keys);
    expect(new Set(marks.map(({ mark }) => mark)).size).toBe(marks.length);
    const acts = (await db.select().from(tables.audit)).map(({ act }) => act);
    expect(acts).toEqual(
      expect.arrayContaining(["master-key.rewrap-started", "master-key.rewrapped"]),
    );

    // And back: the first console knows its own master key alone, and says that others are not here.
    const { body } = await lacre.ask("/v1/settings", { token: admin.token });
    expect(body.recordsUnderOtherKeys).toBe(6);
    const backwards = await createConsole({
      settings: {
        origin: "http://127.0.0.1:3100",
        tokenKey: derivedKey(lacre.masterKey, "access tokens"),
        wrapper: new MasterKeyWrapper(lacre.masterKey, newKeyBytes),
        markKeys: markKeysOf([lacre.masterKey, newKeyBytes]),
      },
      database: { ...lacre.database, close: () => Promise.resolve() },
      logger: false,
    });
    const failing = await lacre.ask("/v1/settings/rewrap", { method: "POST", token: admin.token });
    expect(failing.status).toBe(202);
    await backwards.get(Rewrap, { strict: false }).run(TERMINAL);
    expect(await rewrap.waiting()).toBe(6);
    await Promise.all([next.close(), backwards.close()]);
  });

  it("gives everything to an admin with a fresh code, and to nobody else", async () => {
    const take = (totp: string, token = admin.token, format = "json") =>
      lacre.ask("/v1/export", { body: { totp, format }, token });
    expect(await take("000000")).toMatchObject({ status: 401 });
    const operator = (await lacre.somebody("operator")).token;
    expect(await take(fresh(), operator)).toMatchObject({ status: 403 });
    const code = fresh();
    const { status, body, headers } = await take(code);
    expect(status).toBe(200);
    expect(headers.get("cache-control")).toBe("no-store");
    expect(headers.get("content-disposition")).toContain("lacre-apps.json");
    const { apps } = JSON.parse(body);
    expect(apps.map(({ appId }: { appId: string }) => appId)).toEqual(["a", "b"]);
    for (const apiKey of issued) expect(body).toContain(apiKey);
    expect(await take(code)).toMatchObject({ status: 401 });
    expect((await take(fresh(), admin.token, "typescript")).body).toContain("export const apps");
    const acts = await lacre.database.db.select().from(tables.audit);
    expect(acts.filter(({ act }) => act === "registry.exported").length).toBeGreaterThan(1);
    for (const apiKey of issued) expect(JSON.stringify(acts)).not.toContain(apiKey.slice(6));
  });

  it("tells whoever tries wrong codes for it to wait, and writes each down", async () => {
    const other = await startEnrolled(lacre);
    const take = (totp: string) => lacre.ask("/v1/export", { body: { totp }, token: other.token });
    const right = other.freshCode();
    expect((await take(right)).status).toBe(200);
    const wrong = right === "000000" ? "000001" : "000000";
    const statuses: number[] = [];
    // A code that was used is no guess.
    for (let i = 0; i < 6; i += 1) statuses.push((await take(right)).status);
    for (let i = 0; i < 12; i += 1) statuses.push((await take(wrong)).status);
    expect(statuses).toEqual(Array.from({ length: 18 }, (_, i) => (i < 11 ? 401 : 429)));
    const answer = await take(other.freshCode());
    expect(answer).toMatchObject({ status: 429, body: { code: "slow-down" } });
    const wait = Number(answer.headers.get("retry-after"));
    expect([wait > 0, wait <= 30]).toEqual([true, true]);
    const acts = (await lacre.database.db.select().from(tables.audit)).filter(
      ({ act, actor }) => act === "person.code-refused" && actor === other.id,
    );
    expect(acts).toHaveLength(5);
    expect(acts[0]).toMatchObject({ after: { for: "export" }, address: expect.any(String) });
  });

  it("writes it into a file of one's own", async () => {
    const folder = mkdtempSync(join(tmpdir(), "lacre-export-"));
    try {
      const path = join(folder, "apps.json");
      const configuration = lacre.app.get(Configuration, { strict: false });
      await writeExport(configuration, path, "json");
      expect(statSync(path).mode & 0o777).toBe(0o600);
      expect(JSON.parse(readFileSync(path, "utf8")).apps).toHaveLength(2);
      await expect(writeExport(configuration, path, "typescript")).rejects.toThrow(
        /is there already/,
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
}
