import {
  App,
  ConfigurationError,
  Origins,
  readApp,
  readPathPrefix,
  type AppDefinition,
  type Scheme,
} from "@lacre/core";
import type { Format } from "../explain/format.js";
import { ANY_KEY_LENGTH } from "../explain/any-key-length.js";
import type { Bench } from "../judge.js";
import { formatNamed, layoutOf } from "../schemes.js";
import type { ShownRequest } from "../shown-scheme.js";

/** How the server stands that a request is judged for. */
export interface Terms {
  /** Its apps. That of a request is found by its AppId, as the server does. */
  readonly apps: readonly (App | AppDefinition)[];
  /**
   * The formats that it reads, those of all its keys among them; `["lacre1"]` unless given. By name: with what is usual,
   * and with the region, service or realm that the request itself shows. To judge by the server's own options, give the
   * `Scheme`.
   */
  readonly schemes?: readonly (Scheme | string)[];
  /** The names of those that the route takes; all unless given. */
  readonly routeSchemes?: readonly string[];
  /** Its public origins, `["https://api.example.com"]`; any host is taken unless given. */
  readonly origins?: readonly string[] | "*";
  /** The address that the request came from; the networks of apps are not looked at unless given. */
  readonly address?: string;
  /** The time of the judgement, in Unix seconds. */
  readonly atSeconds: number;
  /** How old a request may be; what its scheme says, or 300, unless given. */
  readonly maxAgeSeconds?: number;
  /** How far ahead of the server's clock a request may be signed; 5 unless given. */
  readonly futureSkewSeconds?: number;
  /** How long a presigned URL may live; 0, for none, unless given. */
  readonly presignedSeconds?: number;
  /** The most content in bytes; without a bound unless given. */
  readonly maxBodyBytes?: number;
  /** Headers that must be signed, in lower case; none unless given. */
  readonly signedHeaders?: readonly string[];
  /** Scopes that the app must have; none unless given. */
  readonly scopes?: readonly string[];
  /** Whether the route takes each request once, even where its scheme would let it be repeated. */
  readonly once?: boolean;
  /** What a proxy strips off the path: `/api`. */
  readonly pathPrefix?: string;
  /** The text that the sender says it has signed, as it printed it: held against the server's. */
  readonly signedText?: string;
}

/** The same, ready for a request. */
export interface ReadTerms {
  readonly bench: Bench;
  readonly apps: readonly ReadApp[];
  readonly formats: readonly Format[];
  /** What nobody has said, and how it was taken. */
  readonly assumptions: readonly string[];
}

/** An app, and how its keys are written, where that is known. */
export interface ReadApp {
  readonly app: App;
  readonly definition?: AppDefinition;
}

/**
 * Reads the terms for a request.
 * @throws ConfigurationError
 */
export function readTerms(terms: Terms, request: ShownRequest): ReadTerms {
  const { atSeconds, origins = "*", schemes = ["lacre1"], address } = terms;
  if (!Number.isSafeInteger(atSeconds) || atSeconds < 0)
    throw new ConfigurationError(
      "atSeconds",
      "is not a whole number of seconds.",
      "Write Unix seconds, such as Math.floor(Date.now() / 1000).",
    );
  const clock = { nowMs: () => atSeconds * 1000 };
  const formats = schemes.map((scheme) =>
    typeof scheme === "string"
      ? formatNamed(scheme, { appId: senderOf(scheme, terms.apps), clock, request })
      : { scheme, layout: layoutOf(scheme), shown: [] },
  );
  const apps = readApps(terms.apps, formats);
  const isAnywhere = address === undefined && apps.some(({ app }) => app.networks !== undefined);
  return {
    apps,
    formats,
    bench: {
      apps: apps.map(({ app }) => (isAnywhere ? copyOf(app, undefined) : app)),
      address,
      schemes: formats.map(({ scheme }) => scheme),
      origins: Origins.of(origins),
      clock,
      pathPrefix: readPathPrefix(terms.pathPrefix),
      futureSkewSeconds: terms.futureSkewSeconds,
      route: routeOf(terms),
    },
    assumptions: [
      ...(origins === "*" ? ["any host is taken, since no origins are given"] : []),
      ...(isAnywhere ? ["the networks of apps are not looked at, since no address is given"] : []),
      ...formats.flatMap(({ scheme, shown }) =>
        shown.map((term) => `${scheme.name}: ${term}, as the request says`),
      ),
    ],
  };
}

/** Without what is not given, which has a meaning of its own. */
function routeOf(terms: Terms): Bench["route"] {
  const { routeSchemes: schemes, signedHeaders, scopes, once } = terms;
  const { maxAgeSeconds, presignedSeconds, maxBodyBytes } = terms;
  const all = {
    schemes,
    signedHeaders,
    scopes,
    once,
    maxAgeSeconds,
    presignedSeconds,
    maxBodyBytes,
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

/** Whose the requests of a scheme are that do not say it: of the one app that has a key for it. */
function senderOf(scheme: string, apps: Terms["apps"]): string | undefined {
  const having = apps.filter((app) =>
    (app.keys ?? [app as AppDefinition]).some(
      ({ schemes = [] }: { readonly schemes?: readonly string[] }) => schemes.includes(scheme),
    ),
  );
  return having.length === 1 ? having[0]?.appId : undefined;
}

function readApps(apps: Terms["apps"], formats: readonly Format[]): ReadApp[] {
  const rules = formats.map(({ scheme: { name, keyEncodings, keyAlgorithms } }) => ({
    name,
    keyEncodings,
    keyAlgorithms,
    keyLength: ANY_KEY_LENGTH,
  }));
  const ids = new Set<string>();
  return apps.map((given, i) => {
    const read =
      "keysFor" in given
        ? { app: copyOf(given, given.networks) }
        : { app: readApp(given, rules, `apps[${i}]`), definition: given };
    const { appId } = read.app;
    if (ids.has(appId))
      throw new ConfigurationError(
        `apps[${i}]`,
        `the AppId "${appId}" is given twice.`,
        "Put both keys in one app's keys.",
      );
    ids.add(appId);
    return read;
  });
}

/** An app remembers which of its keys was right last. What is judged here is none of its requests. */
const copyOf = ({ appId, keys, scopes, attributes, limits }: App, networks: App["networks"]): App =>
  new App(appId, keys, scopes, attributes, limits, networks);
