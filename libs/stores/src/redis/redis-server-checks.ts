import { ConfigurationError } from "@lacre/core";
import { hasServerCode, textOf } from "./redis-answers.js";
import type { Command } from "./redis-link.js";

/** What a Redis says of itself. */
export interface RedisServerFacts {
  /** Names one run of the server process. */
  readonly runId: string;
  readonly isReplica: boolean;
  /** Redis 7 answers a refused SET NX with what is there. */
  readonly tellsHolder: boolean;
}

/** What the checks are made with. */
export interface RedisChecks {
  readonly ask: (command: Command) => Promise<unknown>;
  /** The option that leads to this Redis, for messages. */
  readonly option: string;
  readonly warn: (message: string) => void;
}

/**
 * Looks at whether Redis can be trusted with nonces.
 * @throws ConfigurationError for one that is too old, a cluster, or one that may evict
 */
export async function checkServer(checks: RedisChecks): Promise<RedisServerFacts> {
  const { ask, option } = checks;
  const info = infoOf(await ask(["INFO"]));
  const version = info.get("redis_version") ?? "";
  const major = Number.parseInt(version, 10);
  const runId = info.get("run_id") ?? "";
  if (!(major >= 6) || runId === "")
    throw new ConfigurationError(
      option,
      `is no Redis that says which run it is in (redis_version ${version || "unknown"}).`,
      "Use Redis 6.0 or later, or Valkey.",
    );
  if (info.get("cluster_enabled") === "1")
    throw new ConfigurationError(
      option,
      "leads to a Redis Cluster, and nonces need one primary.",
      "Give a Redis without cluster mode.",
    );
  const isReplica = info.get("role") !== "master";
  if (!isReplica) await checkPolicy(checks, info);
  return { runId, isReplica, tellsHolder: major >= 7 };
}

/** A Redis that evicts may forget a nonce that lives. */
async function checkPolicy(
  { ask, option, warn }: RedisChecks,
  info: ReadonlyMap<string, string>,
): Promise<void> {
  const policy = info.get("maxmemory_policy") ?? (await configuredPolicy(ask));
  if (policy === undefined)
    warn(
      "Redis does not say what its maxmemory-policy is. It must be noeviction: otherwise nonces are forgotten.",
    );
  else if (policy !== "noeviction")
    throw new ConfigurationError(
      option,
      `leads to a Redis whose maxmemory-policy is ${policy}: it may forget nonces.`,
      "Set maxmemory-policy noeviction (at a hosting provider: in its parameter group), or give nonces a Redis of their own.",
    );
}

async function configuredPolicy(ask: RedisChecks["ask"]): Promise<string | undefined> {
  try {
    const answer = await ask(["CONFIG", "GET", "maxmemory-policy"]);
    if (Array.isArray(answer)) return textOf(answer[1]) ?? undefined;
    const policy = (answer as Record<string, unknown> | null)?.["maxmemory-policy"];
    return typeof policy === "string" ? policy : undefined;
  } catch (error) {
    if (hasServerCode(error, "NOPERM") || hasServerCode(error, "ERR")) return undefined;
    throw error;
  }
}

function infoOf(answer: unknown): ReadonlyMap<string, string> {
  const lines = (textOf(answer) ?? "").split(/\r?\n/);
  return new Map(
    lines.flatMap((line) => {
      const at = line.indexOf(":");
      return at < 0 || line.startsWith("#") ? [] : [[line.slice(0, at), line.slice(at + 1)]];
    }),
  );
}
