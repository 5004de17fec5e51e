import { Inject, Injectable } from "@nestjs/common";
import { asc, eq, inArray } from "drizzle-orm";
import { readApps, type AppDefinition } from "@lacre/core";
import type { Actor } from "../audit/actor.js";
import { recordAct } from "../audit/record-act.js";
import { definitionOf, type OpenKey } from "../credentials/definition.js";
import { KEY_RULES } from "../credentials/schemes.js";
import { KeySecrets, type KeyRow } from "../credentials/secrets.js";
import { DATABASE } from "../database/database.module.js";
import type { Database, Transaction } from "../database/database.js";
import { apps, keys } from "../database/tables.js";

export const EXPORT_FORMATS = ["json", "typescript"] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/** All apps with all keys, as the module's own configuration: what one needs to leave the console. */
@Injectable()
export class Configuration {
  constructor(
    @Inject(DATABASE) private readonly db: Database,
    private readonly secrets: KeySecrets,
  ) {}

  /**
   * The text of a file. Keep it as the keys are kept. Services of the console itself are not in it: they open nothing else.
   * @throws Problem `unavailable` where a key cannot be opened
   */
  export(by: Actor, format: ExportFormat): Promise<string> {
    return this.db.transaction(async (tx) => {
      const definitions = await this.#definitions(tx);
      if (definitions.length > 0) readApps(definitions, KEY_RULES);
      await recordAct(tx, {
        by,
        act: "registry.exported",
        object: { kind: "registry", id: "all" },
        after: { format, apps: definitions.length },
      });
      return WRITERS[format](definitions);
    });
  }

  async #definitions(tx: Transaction): Promise<AppDefinition[]> {
    const found = await tx.select().from(apps).where(eq(apps.kind, "app")).orderBy(asc(apps.id));
    const rows = await tx
      .select()
      .from(keys)
      .where(
        inArray(
          keys.appId,
          found.map(({ id }) => id),
        ),
      )
      .orderBy(asc(keys.createdAt), asc(keys.id));
    const rings = new Map<string, OpenKey[]>();
    for (const row of rows)
      rings.set(row.appId, [...(rings.get(row.appId) ?? []), await this.#open(row)]);
    return found.map((app) => definitionOf(app, rings.get(app.id) ?? []));
  }

  async #open(row: KeyRow): Promise<OpenKey> {
    return { row, apiKey: await this.secrets.open(row) };
  }
}

const WRITERS: Readonly<Record<ExportFormat, (definitions: readonly AppDefinition[]) => string>> = {
  json: (definitions) => `${JSON.stringify({ apps: definitions }, undefined, 2)}\n`,
  typescript: (definitions) => `import type { AppDefinition } from "@lacre/nestjs";

/**
 * For HmacModule.forRoot({ apps, schemes, … }). It holds every key: keep it as they are kept.
 * Schemes to enable: ${schemesOf(definitions).join(", ") || "none"}.
 */
export const apps: AppDefinition[] = ${JSON.stringify(definitions, undefined, 2)};
`,
};

const schemesOf = (definitions: readonly AppDefinition[]): string[] => [
  ...new Set(
    definitions.flatMap(({ keys: ring = [] }) => ring.flatMap((key) => key.schemes ?? [])),
  ),
];
