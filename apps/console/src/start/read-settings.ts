import { resolve } from "node:path";
import { ConfigurationError, Networks } from "@lacre/core";
import { MasterKeyWrapper } from "@lacre/stores/console";
import { ownMasterKey, readKeyFile, strongMasterKey } from "./master-key.js";
import { isLoopback, isNetwork } from "./own-addresses.js";
import { derivedKey, markKeysOf, type ConsoleSettings } from "./settings.js";

/** Where the console listens, and where its data is. */
export interface StartSettings extends ConsoleSettings {
  readonly host: string;
  readonly port: number;
  /** A PostgreSQL server. None: the embedded database, in `folder`. */
  readonly databaseUrl: string | undefined;
  readonly folder: string;
  /** Whether the master key is one that the console has made for itself. */
  readonly isOwnKey: boolean;
  /** Whether the environment says by which address people come. */
  readonly isOriginGiven: boolean;
}

/** What the console reads of the environment. */
export const SETTING_NAMES = [
  "HOST",
  "PORT",
  "DATABASE_URL",
  "CONSOLE_DATA",
  "CONSOLE_MASTER_KEY",
  "CONSOLE_MASTER_KEY_FILE",
  "CONSOLE_MASTER_KEY_BEFORE",
  "CONSOLE_ORIGIN",
  "CONSOLE_FIRST_LINK",
  "CONSOLE_TRUSTED_PROXIES",
  "CONSOLE_METRICS_LOCAL",
  "CONSOLE_WEBHOOKS_PRIVATE",
] as const;

type Environment = Readonly<Partial<Record<(typeof SETTING_NAMES)[number], string>>>;

/**
 * Reads the settings from the environment. Empty ones are as if they were not there.
 * @param mayMake whether a master key may be made where there is neither key nor database; not by a command, which
 * works on a console that is there
 * @throws ConfigurationError
 */
export function readSettings(env: NodeJS.ProcessEnv, mayMake = true): StartSettings {
  refuseUnknown(env);
  const given: Environment = Object.fromEntries(
    SETTING_NAMES.flatMap((name) => (env[name] ? [[name, env[name]]] : [])),
  );
  const host = given.HOST ?? "127.0.0.1";
  const port = readPort(given.PORT ?? "3100");
  const databaseUrl = given.DATABASE_URL && readDatabaseUrl(given.DATABASE_URL, "DATABASE_URL");
  const folder = resolve(given.CONSOLE_DATA ?? ".lacre-console");
  const origin = readOrigin(given.CONSOLE_ORIGIN, host, port);
  const trustedProxies = readNetworks(given.CONSOLE_TRUSTED_PROXIES);
  const { key, isOwn } = masterKeyOf(given, folder, mayMake);
  const before = listOf(given.CONSOLE_MASTER_KEY_BEFORE).map((text) =>
    strongMasterKey(text, "CONSOLE_MASTER_KEY_BEFORE"),
  );
  return {
    host,
    port,
    databaseUrl,
    folder,
    origin,
    firstLinkFile: given.CONSOLE_FIRST_LINK && resolve(given.CONSOLE_FIRST_LINK),
    trustedProxies,
    localMetrics: readAllowance(given.CONSOLE_METRICS_LOCAL, "CONSOLE_METRICS_LOCAL"),
    privateWebhooks: readAllowance(given.CONSOLE_WEBHOOKS_PRIVATE, "CONSOLE_WEBHOOKS_PRIVATE"),
    isOwnKey: isOwn,
    isOriginGiven: [given.CONSOLE_ORIGIN, given.HOST, given.PORT].some(
      (text) => text !== undefined,
    ),
    tokenKey: derivedKey(key, "access tokens"),
    wrapper: new MasterKeyWrapper(key, ...before),
    markKeys: markKeysOf([key, ...before]),
  };
}

/** A name that is written wrongly would be a setting without effect. */
function refuseUnknown(env: NodeJS.ProcessEnv): void {
  const known: readonly string[] = SETTING_NAMES;
  const stranger = Object.keys(env).find(
    (name) => name.startsWith("CONSOLE_") && !known.includes(name),
  );
  if (stranger === undefined) return;
  const own = known.filter((name) => name.startsWith("CONSOLE_")).join(", ");
  throw new ConfigurationError(stranger, "is no setting.", `There are: ${own}.`);
}

function readAllowance(text: string | undefined, option: string): boolean {
  if (text === undefined || text === "allow") return text === "allow";
  throw new ConfigurationError(option, 'must be "allow", or not be there.', "Write allow.");
}

function readPort(text: string): number {
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port >= 1 && port <= 65_535) return port;
  throw new ConfigurationError(
    "PORT",
    "must be a whole number from 1 to 65535.",
    "Write PORT=3100.",
  );
}

/** @throws ConfigurationError that does not show it */
export function readDatabaseUrl(text: string, option: string): string {
  if (/^postgres(?:ql)?:\/\//.test(text) && URL.canParse(text) && new URL(text).pathname.length > 1)
    return text;
  throw new ConfigurationError(
    option,
    "must be the URL of a PostgreSQL database.",
    "Write postgres://user:password@host:5432/database.",
  );
}

function readOrigin(text: string | undefined, host: string, port: number): string {
  if (text === undefined) {
    if (isLoopback(host)) return `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
    throw new ConfigurationError(
      "CONSOLE_ORIGIN",
      `is missing, and HOST=${host} lets others in.`,
      "Write the address that people will use, such as CONSOLE_ORIGIN=https://console.example.com.",
    );
  }
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || url.origin !== text || !/^https?:$/.test(url.protocol))
    throw new ConfigurationError(
      "CONSOLE_ORIGIN",
      "must be an origin: scheme, host and port, without a slash at its end.",
      "Write CONSOLE_ORIGIN=https://console.example.com.",
    );
  if (url.protocol === "http:" && !isLoopback(url.hostname))
    throw new ConfigurationError(
      "CONSOLE_ORIGIN",
      "must begin with https:// unless it is this machine alone.",
      "Put a proxy with TLS in front, and write CONSOLE_ORIGIN=https://….",
    );
  return text;
}

function readNetworks(text: string | undefined): string[] {
  const networks = listOf(text);
  if (!networks.every(isNetwork))
    throw new ConfigurationError(
      "CONSOLE_TRUSTED_PROXIES",
      "must be addresses or networks, with commas between them.",
      "Write CONSOLE_TRUSTED_PROXIES=10.0.0.5,10.1.0.0/16.",
    );
  Networks.of(networks, "CONSOLE_TRUSTED_PROXIES"); // which takes no 10.0.0.1/8
  return networks;
}

/** From the environment, from a file, or, with the embedded database alone, from one that is made beside the data. */
function masterKeyOf(
  given: Environment,
  folder: string,
  mayMake: boolean,
): { key: Uint8Array; isOwn: boolean } {
  const { CONSOLE_MASTER_KEY: text, CONSOLE_MASTER_KEY_FILE: file } = given;
  if (text !== undefined && file !== undefined)
    throw new ConfigurationError(
      "CONSOLE_MASTER_KEY",
      "is given twice, as a text and as a file.",
      "Give one of the two.",
    );
  if (text !== undefined) return { key: strongMasterKey(text, "CONSOLE_MASTER_KEY"), isOwn: false };
  if (file !== undefined)
    return { key: readKeyFile(file, "CONSOLE_MASTER_KEY_FILE"), isOwn: false };
  if (given.DATABASE_URL !== undefined)
    throw new ConfigurationError(
      "CONSOLE_MASTER_KEY",
      "is missing.",
      "Give it, or CONSOLE_MASTER_KEY_FILE. Make one: openssl rand -base64 32",
    );
  return { key: ownMasterKey(folder, mayMake), isOwn: true };
}

const listOf = (text = ""): string[] =>
  text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
