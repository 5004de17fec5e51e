import {
  type AppsDefinition,
  bytes,
  type Clock,
  ConfigurationError,
  count,
  custom,
  DEFAULT_SCHEME,
  flag,
  group,
  isPromise,
  KEY_CACHE,
  list,
  type LogSink,
  MemoryNonceStore,
  meteredNonceStore,
  type NonceStore,
  type Observer,
  oneOf,
  type OptionsOf,
  Origins,
  port,
  readOptions,
  readPathPrefix,
  readSchemes,
  type SchemeOption,
  seconds,
  type SettingsOf,
  systemClock,
  text,
} from "@lacre/core";
import { type AppSource, readKeys } from "./app-source.js";
import type { GateSettings } from "./gate-settings.js";
import { readTrustedProxies } from "./trusted-proxies.js";

/** The options of a gate, whatever framework it stands in. Times are in seconds unless their name says otherwise. */
export const GATE_OPTIONS = {
  /** `{ orders: "lk1_…" }`, a list of `{ appId, apiKey }` or of full records, or a source that is asked. */
  apps: custom(readAppsShape, { required: true, example: '{ myApp: "lk1_…" }' }),
  /** The public origins of this server, such as `["https://api.example.com"]`; `"*"` takes any host. */
  origins: custom((origins: readonly string[] | "*") => Origins.of(origins), {
    required: true,
    example: '["https://api.example.com"]',
  }),
  /** The enabled schemes; `["lacre1"]` unless said otherwise. A route takes the first unless it says otherwise. */
  schemes: custom((schemes: readonly SchemeOption[], at) => readSchemes(schemes, at), {
    default: [DEFAULT_SCHEME],
    example: `["${DEFAULT_SCHEME}"]`,
  }),
  /** What a proxy strips from the path: `"/api"`. */
  pathPrefix: custom((prefix: string) => readPathPrefix(prefix), {
    default: "",
    says: "none",
    example: '"/api"',
  }),
  /**
   * Addresses or networks of proxies that may name the host in `X-Forwarded-Host`, and the caller's address in
   * `X-Forwarded-For`: `["10.0.0.0/8"]`.
   */
  trustedProxies: list(text({ example: "10.0.0.0/8" }), {
    default: [],
    says: "none",
    example: ["10.0.0.0/8"],
    repeats: true,
  }),
  /** How old a request may be; 300 unless said otherwise. What is more than a day old is refused in any case. */
  maxAge: seconds({ from: 1, to: 86_400, default: 300 }),
  /** How far ahead of this server's clock a request may be; 5 unless said otherwise. */
  futureSkew: seconds({ from: 0, default: 5 }),
  /** The largest difference between the clocks of servers and store, and step of one; 25 unless said otherwise. */
  clockSpread: seconds({ from: 0, default: 25 }),
  /** How much content a protected route takes, streamed routes excepted; 1,048,576 unless said otherwise. */
  maxBodyBytes: bytes({ from: 0, default: 1_048_576 }),
  /** Where seen nonces are kept; in memory unless said otherwise. */
  nonces: port<NonceStore>(["claim"], { says: "memory" }),
  /** How many live nonces the memory store holds; 1,000,000 unless said otherwise. */
  nonceCapacity: count({ from: 1, default: 1_000_000 }),
  /**
   * Whether a memory store refuses requests from before its start with 503; true unless said otherwise. Without it,
   * requests that were accepted in the last seconds before a restart can be replayed after it.
   */
  bootFence: flag({ default: true }),
  /** How long answers of an app source are kept, and how many look-ups it is asked at once. */
  keyCache: group(KEY_CACHE, { default: {}, says: "30 s" }),
  /** Signs the answers to all authentic requests, presigned URLs excepted; false unless said otherwise. */
  signResponses: flag({ default: false }),
  /** How long an answer may be that is signed, since it is kept until its end; 1,048,576 unless said otherwise. */
  maxAnswerBytes: bytes({ from: 1, default: 1_048_576 }),
  /** Told of every verdict. */
  observer: port<Observer>(["observe"], { says: "none" }),
  /** `"respond"` tells callers why they were refused, canonical request included. Refused in production. */
  diagnostics: oneOf(["log", "respond"], { default: "log" }),
  /** The time; the system's clock unless said otherwise. */
  clock: port<Clock>(["nowMs"], { default: systemClock, says: "the system's" }),
};

/** Options of a gate. Times are in seconds unless their name says otherwise. */
export interface GateOptions extends OptionsOf<typeof GATE_OPTIONS> {}

/**
 * Reads the options of a gate.
 * @param log is told of apps that cannot be read
 * @param of what messages call the owner of the options
 * @throws ConfigurationError: what is wrong, where, and how to mend it
 */
export function readGateOptions(
  options: GateOptions,
  log: LogSink,
  of = "createGate",
): GateSettings {
  const values = readOptions(GATE_OPTIONS, options, of, "");
  const { nonceCapacity: capacity, bootFence: fence, clock } = values;
  const { nonces = new MemoryNonceStore({ capacity, fence, clock }) } = values;
  return gateSettingsOf({ ...values, nonces }, log);
}

/** What `readOptions` makes of the options of a gate, with the store for nonces. */
export type GateValues = Omit<SettingsOf<typeof GATE_OPTIONS>, "nonces"> & {
  readonly nonces: NonceStore;
};

/**
 * Puts together what was read.
 * @throws ConfigurationError for options that contradict each other
 */
export function gateSettingsOf(values: GateValues, log: LogSink): GateSettings {
  const { apps, origins, schemes, keyCache, nonces, clock, observer } = values;
  const { maxBodyBytes, signResponses, maxAnswerBytes } = values;
  return {
    schemes,
    keys: readKeys(apps, { schemes, keyCache, clock, log }),
    nonces: meteredNonceStore(nonces, observer),
    front: { origins, pathPrefix: values.pathPrefix },
    window: {
      maxAgeSeconds: values.maxAge,
      futureSkewSeconds: values.futureSkew,
      clockSpreadSeconds: values.clockSpread,
    },
    clock,
    maxBodyBytes,
    signResponses,
    maxAnswerBytes,
    observer,
    respondDiagnostics: mayRespond(values.diagnostics),
    hasTrustedProxies: values.trustedProxies.length > 0,
    isTrustedProxy: readTrustedProxies(values.trustedProxies, origins),
  };
}

function readAppsShape(apps: AppsDefinition | AppSource, at: string): AppsDefinition | AppSource {
  const given: unknown = apps;
  const [problem, cure] = appsFault(given) ?? [];
  if (problem === undefined || cure === undefined) return apps;
  throw new ConfigurationError(at, problem, cure);
}

function appsFault(given: unknown): readonly [problem: string, cure: string] | undefined {
  if (given instanceof Map)
    return ["is a Map.", "Give Object.fromEntries(map), or a source with find()."];
  if (isPromise(given)) return ["is a promise.", "Await it, in the factory of forRootAsync."];
  if (typeof given === "function" && typeof given.prototype?.find === "function")
    return [
      `is the class ${given.name}, and must be one of its instances.`,
      "Give new to it, or have it injected into the factory of forRootAsync.",
    ];
  if (typeof given === "object" && given !== null) return undefined;
  return [
    "must be an object of keys, a list of apps, or a source with find().",
    'Give { myApp: "lk1_…" }, for example.',
  ];
}

function mayRespond(diagnostics: "log" | "respond"): boolean {
  if (diagnostics === "log") return false;
  if (process.env.NODE_ENV === "production")
    throw new ConfigurationError(
      "diagnostics",
      '"respond" tells strangers why they are refused.',
      "Leave it out in production: the log and the observer have the same facts.",
    );
  return true;
}
