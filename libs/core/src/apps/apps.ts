import { APP_ID_CURE, isAppId } from "./app-id.js";
import { readNetworks, type Networks } from "./networks.js";
import { readLimits, type AppLimits } from "./app-limits.js";
import { DEFAULT_SCHEME } from "./default-scheme.js";
import type { MacAlgorithm } from "../crypto/algorithms.js";
import { readApiKey } from "../crypto/api-key.js";
import { readKeyAlgorithm } from "../crypto/key-algorithm.js";
import type { KeyEncoding } from "../crypto/encoding.js";
import { isKeyEncoding, KEY_ENCODINGS, type KeyLength } from "../crypto/key-bytes.js";
import { keyOptionError } from "../crypto/key-fault.js";
import { Secret } from "../crypto/secret.js";
import { ConfigurationError } from "../errors.js";
import { isoSecond, parseUtc } from "../http/utc.js";
import { shown } from "../options.js";

/** `accept-only`: still verifies, but no new request is signed with it. `revoked`: verifies nothing. */
export type KeyState = "active" | "accept-only" | "revoked";

/** One key of an app's ring. */
export interface Key {
  readonly id: string;
  readonly secret: Secret;
  readonly algorithm: MacAlgorithm;
  /** The only schemes that this key opens. */
  readonly schemes: readonly string[];
  readonly state: KeyState;
  /** Milliseconds since 1970, included. */
  readonly notBeforeMs: number;
  /** Milliseconds since 1970, not included. */
  readonly expiresAtMs: number;
}

/** At most this many live keys are tried for one request, and as many dead ones after a wrong MAC. */
export const MAX_TRIED = 2;

/** An application and its key ring. */
export class App {
  #lastVerified: Key | undefined;

  constructor(
    readonly appId: string,
    readonly keys: readonly Key[],
    readonly scopes: readonly string[],
    readonly attributes: Readonly<Record<string, unknown>>,
    /** Carried to whoever counts requests; nothing here counts any. */
    readonly limits?: AppLimits,
    /** The only addresses that it may send from. Any unless given. */
    readonly networks?: Networks,
  ) {
    checkScopeList(scopes, `app ${appId}.scopes`);
  }

  /** The live keys for a scheme and an algorithm: at most two, the one that verified last first. */
  keysFor(scheme: string, algorithm: MacAlgorithm, nowMs: number): readonly Key[] {
    const live: Key[] = [];
    for (const key of this.keys) {
      if (!fits(key, scheme, algorithm) || !isLive(key, nowMs)) continue;
      if (key === this.#lastVerified && live.length > 0) live.unshift(key);
      else live.push(key);
    }
    return live.length > MAX_TRIED ? live.slice(0, MAX_TRIED) : live;
  }

  /** Other keys for a scheme and an algorithm than those that are live: at most two, which expire last. */
  keysBeside(live: readonly Key[], scheme: string, algorithm: MacAlgorithm): readonly Key[] {
    return this.keys
      .filter((key) => fits(key, scheme, algorithm) && !live.includes(key))
      .sort((a, b) => Number(b.expiresAtMs > a.expiresAtMs) - Number(b.expiresAtMs < a.expiresAtMs))
      .slice(0, MAX_TRIED);
  }

  /** Notes the key that made a right MAC, so that it is tried first next time. */
  noteVerified(key: Key): void {
    this.#lastVerified = key;
  }
}

const fits = (key: Key, scheme: string, algorithm: MacAlgorithm): boolean =>
  key.algorithm === algorithm && key.schemes.includes(scheme);

const isLive = (key: Key, nowMs: number): boolean =>
  key.state !== "revoked" && key.notBeforeMs <= nowMs && nowMs < key.expiresAtMs;

/** One key as it is written in a configuration. */
export interface KeyDefinition {
  /** The ApiKey's text. */
  readonly apiKey: string;
  /** How the text is written; `lk1` unless said otherwise. */
  readonly encoding?: KeyEncoding;
  /** `sha256` unless said otherwise, or the only one that the scheme has. */
  readonly algorithm?: MacAlgorithm;
  /** `["lacre1"]` unless said otherwise. One secret, one scheme. */
  readonly schemes?: readonly string[];
  /** `active` unless said otherwise. */
  readonly state?: KeyState;
  readonly notBefore?: Date | string;
  readonly expiresAt?: Date | string;
  /** A name for logs; a fingerprint unless said otherwise. */
  readonly id?: string;
}

/** One application as it is written in a configuration: a single key, or a ring of them. */
export interface AppDefinition extends Partial<KeyDefinition> {
  readonly appId: string;
  readonly keys?: readonly KeyDefinition[];
  readonly scopes?: readonly string[];
  /** Anything the application wants to know about its caller, such as a tenant. Reaches the principal as it is. */
  readonly attributes?: Readonly<Record<string, unknown>>;
  /**
   * The only addresses and networks that it may send from, such as `["10.0.0.0/8", "2001:db8::/32", "203.0.113.7"]`; 403
   * from elsewhere, and where the address is not known. Any unless given.
   */
  readonly networks?: readonly string[];
  /** How many requests it may send, such as `{ perMinute: 600 }`, where something counts them. */
  readonly limits?: AppLimits;
}

/** `{ orders: "lk1_…" }`, or a list of definitions. */
export type AppsDefinition = Readonly<Record<string, string>> | readonly AppDefinition[];

/** What must be known of a scheme to register keys for it. */
export interface KeyRules {
  readonly name: string;
  readonly keyEncodings: readonly KeyEncoding[];
  readonly keyAlgorithms: readonly MacAlgorithm[];
  /** How many bytes its keys may have; 32 to 64 unless said otherwise. */
  readonly keyLength?: KeyLength;
}

/**
 * Reads the apps of a configuration.
 * @throws ConfigurationError for an app or a key that cannot be used, two apps of one id, one secret used twice
 */
export function readApps(
  apps: AppsDefinition,
  schemes: readonly KeyRules[],
  option = "apps",
): App[] {
  const definitions: (readonly [string, AppDefinition])[] = Array.isArray(apps)
    ? (apps as readonly AppDefinition[]).map((app, i) => [`${option}[${i}]`, app])
    : Object.entries(apps).map(([appId, apiKey], i) => [
        isAppId(appId) ? `${option}.${appId}` : `${option}, entry ${i + 1}`,
        { appId, apiKey },
      ]);
  if (definitions.length === 0)
    throw new ConfigurationError(option, "is empty.", "Give at least one app, or a key store.");

  const owners = new Map<string, string>();
  const seen = new Set<string>();
  return definitions.map(([at, definition]) => {
    const app = readApp(definition, schemes, at);
    if (seen.has(app.appId))
      throw new ConfigurationError(
        at,
        `the AppId "${app.appId}" is given twice.`,
        "Put both keys in one app's keys.",
      );
    seen.add(app.appId);
    for (const [i, key] of app.keys.entries()) claimSecret(owners, key, `${at}, key ${i + 1}`);
    return app;
  });
}

/**
 * Reads one app.
 * @throws ConfigurationError
 */
export function readApp(definition: AppDefinition, schemes: readonly KeyRules[], at = "app"): App {
  if (typeof definition !== "object" || definition === null)
    throw new ConfigurationError(at, "is not an app.", 'Write { appId: "…", apiKey: "…" }.');
  refuseUnknown(definition, APP_FIELDS, at);
  const { appId, keys } = definition;
  const scopes = definition.scopes ?? []; // databases say null
  const attributes = definition.attributes ?? {};
  if ((appId as unknown) === undefined)
    throw new ConfigurationError(
      `${at}.appId`,
      "is missing.",
      'Write { appId: "…", apiKey: "…" }.',
    );
  if (!isAppId(appId)) throw new ConfigurationError(`${at}.appId`, "is not an AppId.", APP_ID_CURE);
  const beside =
    keys === undefined ? undefined : KEY_FIELDS.find((field) => definition[field] !== undefined);
  if (beside !== undefined)
    throw new ConfigurationError(
      `${at}.${beside}`,
      "stands beside keys.",
      "Say it of each key in the list.",
    );
  checkScopeList(scopes, `${at}.scopes`);
  if (typeof attributes !== "object" || Array.isArray(attributes))
    throw new ConfigurationError(
      `${at}.attributes`,
      `is ${shown(attributes)}, and must be an object.`,
      "Write attributes: { tenant: 7 }.",
    );

  const ring =
    keys === undefined ? [readKey(pickKey(definition), schemes, at)] : readRing(keys, schemes, at);
  const { limits, networks } = definition;
  return new App(
    appId,
    ring,
    Object.freeze([...scopes]),
    Object.freeze({ ...attributes }),
    isGiven(limits) ? readLimits(limits, `${at}.limits`) : undefined,
    isGiven(networks) ? readNetworks(networks, `${at}.networks`) : undefined,
  );
}

/** Databases say null. */
const isGiven = <Value>(value: Value | undefined | null): value is Value =>
  value !== undefined && value !== null;

/** A text would be taken for its letters, or for every scope that is a part of it. */
function checkScopeList(scopes: unknown, at: string): void {
  const isName = (scope: unknown): boolean => typeof scope === "string" && scope !== "";
  if (Array.isArray(scopes) && scopes.every(isName)) return;
  const saw = Array.isArray(scopes) ? "" : `is ${shown(scopes)}, and `;
  throw new ConfigurationError(
    at,
    `${saw}must be a list of names.`,
    'Write scopes: ["orders:read"], one text for each.',
  );
}

function readRing(keys: unknown, schemes: readonly KeyRules[], at: string): Key[] {
  if (!Array.isArray(keys))
    throw new ConfigurationError(
      `${at}.keys`,
      `is ${shown(keys)}, and must be a list.`,
      'Write keys: [{ apiKey: "…" }].',
    );
  const owners = new Map<string, string>();
  const ring = keys.map((definition: KeyDefinition, i) => {
    const place = `${at}.keys[${i}]`;
    if (typeof definition !== "object" || definition === null)
      throw new ConfigurationError(place, "is not a key.", 'Write { apiKey: "…" }.');
    refuseUnknown(definition, KEY_FIELDS, place);
    const key = readKey(definition, schemes, place);
    claimSecret(owners, key, place);
    return key;
  });
  for (const { algorithm, schemes, notBeforeMs } of ring) {
    const live = ring.filter(
      (key) => fits(key, schemes[0] as string, algorithm) && isLive(key, notBeforeMs),
    );
    if (live.length > MAX_TRIED)
      throw new ConfigurationError(
        `${at}.keys`,
        `${live.length} keys of one scheme and algorithm are live at once, and ${MAX_TRIED} are tried.`,
        "Revoke the oldest, or let it expire before the next begins. Secrets of several endpoints or tenants are no ring: make an app of each.",
      );
  }
  return ring;
}

const KEY_FIELDS = [
  "apiKey",
  "encoding",
  "algorithm",
  "schemes",
  "state",
  "notBefore",
  "expiresAt",
  "id",
] as const;
const APP_FIELDS = [
  ...KEY_FIELDS,
  "appId",
  "keys",
  "scopes",
  "attributes",
  "networks",
  "limits",
] as const;
const STATES: readonly KeyState[] = ["active", "accept-only", "revoked"];

function readKey(definition: Partial<KeyDefinition>, rules: readonly KeyRules[], at: string): Key {
  const { encoding = "lk1", schemes = [DEFAULT_SCHEME], state = "active", id } = definition;
  if (typeof id === "string" && (id.startsWith("lk1_") || id === definition.apiKey))
    throw new ConfigurationError(`${at}.id`, "is a key.", "Give the key a name for logs.");
  if (id !== undefined && (typeof id !== "string" || !/^[\x20-\x7e]{1,128}$/.test(id)))
    throw new ConfigurationError(
      `${at}.id`,
      "must be a name of 1 to 128 printable characters.",
      "Give the key a name for logs.",
    );
  if (!STATES.includes(state))
    throw new ConfigurationError(
      `${at}.state`,
      "is not a key state.",
      `Use one of ${STATES.join(", ")}.`,
    );
  if (!isKeyEncoding(encoding))
    throw new ConfigurationError(
      `${at}.encoding`,
      "is not an encoding.",
      `Use one of ${KEY_ENCODINGS.join(", ")}.`,
    );
  if (!Array.isArray(schemes) || schemes.length !== 1)
    throw new ConfigurationError(
      `${at}.schemes`,
      Array.isArray(schemes)
        ? "must name one scheme."
        : `is ${shown(schemes)}, and must be a list of one name.`,
      `Write schemes: ["${DEFAULT_SCHEME}"], for example. One secret serves one scheme: make a key for each.`,
    );
  const rule = rules.find(({ name }) => name === schemes[0]);
  if (rule === undefined)
    throw new ConfigurationError(
      `${at}.schemes`,
      `${nameIn(schemes[0])} is not enabled.`,
      `Enabled: ${rules.map(({ name }) => name).join(", ")}.`,
    );
  if (!rule.keyEncodings.includes(encoding))
    throw new ConfigurationError(
      `${at}.encoding`,
      definition.encoding === undefined
        ? `is missing, and ${rule.name} has no keys in ${encoding}, the usual one.`
        : `${rule.name} has no keys in the encoding ${encoding}.`,
      `Say encoding: "${rule.keyEncodings.join('" or "')}".`,
    );
  const algorithm = readKeyAlgorithm(definition.algorithm, rule, `${at}.algorithm`);

  let secret: Secret;
  try {
    secret = readApiKey(definition.apiKey, encoding, rule.keyLength);
  } catch (error) {
    throw keyOptionError(error, `${at}.apiKey`);
  }
  const notBeforeMs = readMoment(definition.notBefore, -Infinity, `${at}.notBefore`);
  const expiresAtMs = readMoment(definition.expiresAt, Infinity, `${at}.expiresAt`);
  if (notBeforeMs >= expiresAtMs)
    throw new ConfigurationError(
      `${at}.expiresAt`,
      "is not after notBefore.",
      "Such a key would never be valid.",
    );
  return {
    id: id ?? secret.fingerprint,
    secret,
    algorithm,
    schemes,
    state,
    notBeforeMs,
    expiresAtMs,
  };
}

// A moment without a zone would mean another instant on another machine.
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?(?:Z|[+-]\d\d:\d\d)$/;

function readMoment(moment: Date | string | undefined, otherwise: number, at: string): number {
  if (moment === undefined) return otherwise;
  const ms = moment instanceof Date ? moment.getTime() : parseInstant(moment);
  if (Number.isNaN(ms))
    throw new ConfigurationError(
      at,
      "is not a moment.",
      "Use a Date, or text like 2027-01-31T00:00:00Z.",
    );
  return ms;
}

function parseInstant(text: unknown): number {
  if (typeof text !== "string" || !INSTANT.test(text)) return NaN;
  const noon = parseUtc(`${text.slice(0, 10)}T12:00:00Z`, isoSecond); // whatever the zone, a day that exists
  return Number.isNaN(noon) ? NaN : Date.parse(text);
}

function claimSecret(owners: Map<string, string>, key: Key, place: string): void {
  const digest = key.secret.digest();
  const owner = owners.get(digest);
  if (owner !== undefined)
    throw new ConfigurationError(
      place,
      `has the same secret as ${owner}.`,
      "Every key needs a secret of its own.",
    );
  owners.set(digest, place);
}

/** What stands where the name of a scheme is expected may be a key that came to the wrong place. */
const nameIn = (scheme: unknown): string =>
  typeof scheme === "string" && /^[a-z][a-z0-9-]{0,23}$/.test(scheme)
    ? `the scheme "${scheme}"`
    : "what is given as a scheme";

function pickKey(definition: AppDefinition): Partial<KeyDefinition> {
  const {
    appId: _id,
    keys: _keys,
    scopes: _scopes,
    attributes: _attributes,
    networks: _networks,
    limits: _limits,
    ...key
  } = definition;
  return key;
}

function refuseUnknown(value: object, known: readonly string[], at: string): void {
  const stranger = Object.keys(value).find((name) => !known.includes(name));
  if (stranger !== undefined)
    throw new ConfigurationError(
      `${at}.${stranger}`,
      "is not known.",
      `Known: ${known.join(", ")}.`,
    );
}
