import { Inject, Injectable } from "@nestjs/common";
import { asc, eq, inArray } from "drizzle-orm";
import { readApps, type AppDefinition } from "@lacre/core";
import type { Actor } from "../audit/actor.js";
import { recordAct } from "../audit/record-act.js";
import { definitionOf } from "../credentials/definition.js";
import { KEY_RULES } from "../credentials/schemes.js";
import { KeySecrets, type OpenKey } from "../credentials/secrets.js";
import { DATABASE } from "../database/database.module.js";
import type { Database, Transaction } from "../database/database.js";
import { apps, keys } from "../database/tables.js";

export const EXPORT_FORMATS = ["json", "typescript"] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/** A key that is not in the file, since it cannot be opened. */
export interface LeftOut {
  readonly appId: string;
  readonly keyId: string;
}

export interface Exported {
  readonly text: string;
  readonly unreadable: readonly LeftOut[];
}

/** All apps with all keys, as the module's own configuration: what one needs to leave the console. */
@Injectable()
export class Configuration {
  constructor(
    @Inject(DATABASE) private readonly db: Database,
    private readonly secrets: KeySecrets,
  ) {}

  /**
   * The text of a file. Keep it as the keys are kept. Services of the console itself are not in it: they open nothing
   * else. Keys that cannot be opened are left out, and the file says which; of revoked ones it does not.
   */
  export(by: Actor, format: ExportFormat): Promise<Exported> {
    return this.db.transaction(async (tx) => {
      const { definitions, unreadable } = await this.#definitions(tx);
      if (definitions.length > 0) readApps(definitions, KEY_RULES);
      await recordAct(tx, {
        by,
        act: "registry.exported",
        object: { kind: "registry", id: "all" },
        after: { format, apps: definitions.length, unreadable },
      });
      return { text: WRITERS[format](definitions, unreadable), unreadable };
    });
  }

  async #definitions(
    tx: Transaction,
  ): Promise<{ definitions: AppDefinition[]; unreadable: LeftOut[] }> {
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
    const { open, unreadable } = await this.secrets.openRing(rows);
    const rings = new Map<string, OpenKey[]>();
    for (const key of open) rings.set(key.row.appId, [...(rings.get(key.row.appId) ?? []), key]);
    return {
      definitions: found.map((app) => definitionOf(app, rings.get(app.id) ?? [])),
      unreadable: unreadable.map(({ appId, id }) => ({ appId, keyId: id })),
    };
  }
}

type Writer = (definitions: readonly AppDefinition[], unreadable: readonly LeftOut[]) => string;

const WRITERS: Readonly<Record<ExportFormat, Writer>> = {
  json: (apps, unreadable) =>
    `${JSON.stringify({ ...(unreadable.length > 0 && { unreadable }), apps }, undefined, 2)}\n`,
  typescript: (definitions, unreadable) => `import type { AppDefinition } from "@lacre/nestjs";

/**
 * For HmacModule.forRoot({ apps, schemes, … }). It holds every key: keep it as they are kept.
 * Schemes to enable: ${schemesOf(definitions).join(", ") || "none"}.
${leftOutLine(unreadable)} */
export const apps: AppDefinition[] = ${JSON.stringify(definitions, undefined, 2)};
`,
};

const leftOutLine = (unreadable: readonly LeftOut[]): string =>
  unreadable.length === 0
    ? ""
    : ` * Left out, since they cannot be opened: ${leftOutText(unreadable)}.\n`;

/** For people. */
export const leftOutText = (unreadable: readonly LeftOut[]): string =>
  unreadable.map(({ appId, keyId }) => `${keyId} of ${appId}`).join(", ");

const schemesOf = (definitions: readonly AppDefinition[]): string[] => [
  ...new Set(
    definitions.flatMap(({ keys: ring = [] }) => ring.flatMap((key) => key.schemes ?? [])),
  ),
];
