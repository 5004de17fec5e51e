import { type AppDefinition, ConfigurationError, type KeyDefinition } from "@lacre/core/scheme";

/** An app of an ASP.NET configuration: its one key in a list, so that another can be put beside it. */
export interface AspnetApp extends AppDefinition {
  readonly keys: readonly KeyDefinition[];
}

const LIST = "Authentication:HmacAuthenticatedApps";
const SHAPE =
  'Write { "Authentication": { "HmacAuthenticatedApps": [{ "AppId": …, "ApiKey": … }] } }.';

/**
 * Reads the apps of an `appsettings.json`, from its text or already parsed. The names are read in any case, as .NET
 * does.
 * @param scheme the name of the scheme that takes their keys, where `aspnetHmac` was given one
 * @throws ConfigurationError which never holds a part of the file
 */
export function readAspnetApps(settings: unknown, scheme = "aspnet-hmac"): AspnetApp[] {
  const root = typeof settings === "string" ? parse(settings) : settings;
  const list = member(member(root, "Authentication"), "HmacAuthenticatedApps");
  if (!Array.isArray(list) || list.length === 0)
    throw new ConfigurationError(LIST, "is no list of apps.", SHAPE);
  return list.map((entry: unknown, i) => ({
    appId: textOf(entry, "AppId", i),
    keys: [{ apiKey: textOf(entry, "ApiKey", i), encoding: "base64", schemes: [scheme] }],
  }));
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch {
    // Not the cause: what a parser says of JSON quotes it, keys included.
    throw new ConfigurationError(
      "appsettings.json",
      "is not JSON.",
      "Take out comments and commas at the end of lists, which .NET allows.",
    );
  }
}

function member(value: unknown, name: string): unknown {
  if (typeof value !== "object" || value === null) return undefined;
  const found = Object.entries(value).filter(([key]) => key.toLowerCase() === name.toLowerCase());
  return found.length === 1 ? found[0]?.[1] : undefined;
}

function textOf(entry: unknown, name: string, i: number): string {
  const text = member(entry, name);
  if (typeof text !== "string" || text === "")
    throw new ConfigurationError(`${LIST}[${i}].${name}`, "is not a text.", SHAPE);
  return text;
}
