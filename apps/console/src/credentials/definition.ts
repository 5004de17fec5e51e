import { readApp, type AppDefinition, type KeyDefinition } from "@lacre/core";
import { apps } from "../database/tables.js";
import { asInput } from "./reading.js";
import { KEY_RULES } from "./schemes.js";
import type { KeyRow, OpenKey } from "./secrets.js";

export type AppRow = typeof apps.$inferSelect;

/** An app and its keys as the module's configuration writes them. Of a disabled app every key is revoked. */
export function definitionOf(app: AppRow, ring: readonly OpenKey[]): AppDefinition {
  const { id, scopes, networks, attributes, limits, state } = app;
  return {
    appId: id,
    keys: ring.map(({ row, apiKey }) => keyDefinitionOf(row, apiKey, state === "disabled")),
    ...(scopes.length > 0 && { scopes }),
    ...(networks.length > 0 && { networks }),
    ...(limits !== null && { limits }),
    ...(Object.keys(attributes).length > 0 && { attributes }),
  };
}

function keyDefinitionOf(row: KeyRow, apiKey: string, disabled: boolean): KeyDefinition {
  return {
    id: row.id,
    apiKey,
    encoding: row.encoding as KeyDefinition["encoding"],
    algorithm: row.algorithm as KeyDefinition["algorithm"],
    schemes: [row.scheme],
    state: disabled ? "revoked" : (row.state as KeyDefinition["state"]),
    notBefore: row.notBefore.toISOString(),
    ...(row.expiresAt !== null && { expiresAt: row.expiresAt.toISOString() }),
  };
}

/**
 * Reads an app as a verifying service will. Nothing is stored that this refuses.
 * @throws Problem `invalid-input`
 */
export function checkDefinition(app: AppRow, ring: readonly OpenKey[]): void {
  asInput(() => readApp(definitionOf({ ...app, state: "active" }, ring), KEY_RULES, AT), sentAs);
}

const AT = "app";
/** What is called otherwise in a body. */
const SENT_AS: Readonly<Record<string, string>> = { appId: "id", apiKey: "secret" };

/** Of an app, or of the one key of it that is new. */
function sentAs(option: string): string {
  const name = option.slice(AT.length + 1).replace(/^keys\[\d+\]\./, "");
  return SENT_AS[name] ?? name;
}
