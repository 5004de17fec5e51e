import { createHash, randomBytes } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { getTableName, is, sql } from "drizzle-orm";
import { PgTable } from "drizzle-orm/pg-core";
import * as tables from "../../apps/console/src/database/tables.js";
import { embeddedIn } from "./support/databases.js";
import { startEnrolled } from "./support/enrolled.js";
import { TestConsole } from "./support/test-console.js";

/** Ways in which a secret could stand somewhere: of its text, and of the bytes that it stands for. */
function formsOf(secret: string): Buffer[] {
  const bare = secret.replace(/^(?:lk1|whsec)_/, "");
  const readings = [Buffer.from(secret), Buffer.from(bare), Buffer.from(bare, "base64url")];
  if (/^(?:[0-9a-f]{2})+$/.test(bare)) readings.push(Buffer.from(bare, "hex"));
  const written = readings.flatMap((bytes) => [
    bytes,
    Buffer.from(bytes.toString("hex")),
    Buffer.from(bytes.toString("base64").replace(/=+$/, "")),
    Buffer.from(bytes.toString("base64url")),
  ]);
  return [...new Map(written.map((form) => [form.toString("hex"), form])).values()];
}

const filesBelow = (folder: string): string[] =>
  readdirSync(folder, { withFileTypes: true, recursive: true }).flatMap((entry) =>
    entry.isFile() ? [join(entry.parentPath, entry.name)] : [],
  );

const PAGE_BYTES = 8192;

/** What is in a file that was not in it before, in whole pages: the rest holds nothing of what came meanwhile. */
function writtenSince(before: Uint8Array = new Uint8Array(0), now: Buffer): Buffer {
  const pages: Buffer[] = [];
  for (let at = 0; at < now.length; at += PAGE_BYTES) {
    const page = now.subarray(at, at + PAGE_BYTES);
    if (!page.equals(before.subarray(at, at + PAGE_BYTES))) pages.push(page);
  }
  return Buffer.concat(pages);
}

it("a copy of the database tells nothing without the master key", async () => {
  const folder = mkdtempSync(join(tmpdir(), "lacre-console-"));
  let close: () => Promise<void> = () => Promise.resolve();
  try {
    const secrets: string[] = [];
    const lacre = await TestConsole.start(embeddedIn(folder));
    close = () => lacre.close();
    const before = new Map(filesBelow(folder).map((file) => [file, readFileSync(file)]));
    const team = await lacre.team("at rest");
    const admin = await startEnrolled(lacre);
    const { token, seed, password, recoveryCodes, cookie } = admin;
    const schemes = ["lacre1", "stripe", "standard-webhooks", "aws-sigv4", "aspnet-hmac"];
    const marker = `marker-${randomBytes(12).toString("hex")}`;
    const body = { id: "app", name: marker, teamId: team, schemes };
    expect(await lacre.ask("/v1/apps", { body, token })).toMatchObject({ status: 201 });
    const keyOf = async (
      given: { scheme?: string; secret?: string },
      headers: Record<string, string> = {},
    ): Promise<string> => {
      const answer = await lacre.ask("/v1/apps/app/keys", { body: given, headers, token });
      expect(answer.status).toBe(201);
      secrets.push(given.secret ?? answer.body.apiKey);
      return answer.body.key.id;
    };
    const first = await keyOf({}, { "idempotency-key": "one" });
    await keyOf({ scheme: "aws-sigv4" });
    await keyOf({ scheme: "aspnet-hmac" });
    await keyOf(
      { scheme: "stripe", secret: `whsec_${randomBytes(24).toString("hex")}` },
      { "idempotency-key": "two" },
    );
    await keyOf({
      scheme: "standard-webhooks",
      secret: `whsec_${randomBytes(32).toString("base64")}`,
    });
    const rotated = await lacre.ask(`/v1/apps/app/keys/${first}/rotate`, { body: {}, token });
    secrets.push(rotated.body.apiKey);
    await lacre.ask(`/v1/apps/app/keys/${first}/revoke`, { body: { reason: "old" }, token });

    const endpoint = { url: "https://hooks.example.com/lacre", events: ["key.expiring"] };
    const hook = await lacre.ask("/v1/webhooks", { body: endpoint, token });
    expect(hook.body).toMatchObject({ secret: expect.stringMatching(/^whsec_/) });
    secrets.push(hook.body.secret);

    const { db } = lacre.database;
    expect(recoveryCodes.length).toBeGreaterThan(5);
    secrets.push(
      ...[seed, lacre.masterKey].map((bytes) => Buffer.from(bytes).toString("base64url")),
      ...cookie.split("; ").map((pair) => pair.slice(pair.indexOf("=") + 1)),
      ...recoveryCodes.slice(0, 3),
      password,
    );

    const names = Object.values(tables).flatMap((table) =>
      is(table, PgTable) ? [getTableName(table)] : [],
    );
    let dump = "";
    for (const name of names) {
      const { rows } = (await db.execute(
        sql`select t::text as row from ${sql.identifier(name)} t`,
      )) as unknown as { rows: { row: string }[] };
      dump += rows.map(({ row }) => row).join("\n");
    }
    await close();
    close = () => Promise.resolve();
    const places = new Map<string, Buffer>([["dump", Buffer.from(dump)]]);
    for (const file of filesBelow(folder)) {
      const written = writtenSince(before.get(file), readFileSync(file));
      if (written.length > 0) places.set(file, written);
    }

    const holding = (form: Buffer): string[] =>
      [...places].flatMap(([place, bytes]) => (bytes.includes(form) ? [place] : []));
    // The search finds what is there: in the dump, in the table's file, in the log of what was written.
    const found = holding(Buffer.from(marker));
    expect(found).toContain("dump");
    expect(found.some((place) => place.includes("pg_wal"))).toBe(true);
    expect(found.some((place) => place.includes("/base/"))).toBe(true);

    expect(secrets.length).toBeGreaterThan(11);
    for (const [i, secret] of secrets.entries())
      for (const form of formsOf(secret).filter(({ length }) => length > 7))
        expect([i, holding(form)]).toEqual([i, []]);
    // Nor a hash that somebody with the secret could look for.
    for (const secret of secrets.slice(0, 6))
      for (const algorithm of ["sha256", "sha1", "md5"])
        expect(dump).not.toContain(createHash(algorithm).update(secret).digest("hex"));
  } finally {
    await close();
    rmSync(folder, { recursive: true });
  }
}, 120_000);
