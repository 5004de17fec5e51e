import { statSync } from "node:fs";
import {
  ConfigurationError,
  readApp,
  type App,
  type AppDefinition,
  type KeyEncoding,
  type MacAlgorithm,
  type Scheme,
} from "@lacre/core";
import type { OptionDescription } from "./command.js";
import { UsageError } from "./exit.js";
import { Inputs, nameOf } from "./inputs.js";
import type { Io } from "./io.js";
import type { Layout } from "./explain/layout.js";
import { ANY_KEY_LENGTH } from "./explain/any-key-length.js";
import type { KeyArguments } from "./key-arguments.js";
import type { ProfileKey } from "./profile.js";
import { PROFILE_OPTION } from "./profile-option.js";
import type { ShownRequest } from "./shown-scheme.js";
import type { World } from "./spoken.js";
import { formatOf, SCHEME_OPTIONS, type SchemeOptions } from "./spoken-format.js";

/** The options by which the user says who signs and how. */
export interface CredentialOptions extends SchemeOptions, KeyArguments {
  readonly appId?: string;
  readonly keyFile?: string | readonly string[];
  readonly encoding?: KeyEncoding;
  readonly algorithm?: MacAlgorithm;
  readonly signedHeader?: readonly string[];
  /** The key that stands in the profile, where nothing else says one. */
  readonly profileKey?: ProfileKey;
  /** Where the API is, as a profile says it. */
  readonly baseUrl?: string;
}

/** Who signs, and with what. */
export interface ReadCredentials {
  readonly appId: string;
  /** The keys' texts: at least one. */
  readonly apiKeys: readonly [string, ...string[]];
  readonly encoding: KeyEncoding;
  readonly algorithm: MacAlgorithm;
  readonly scheme: Scheme;
  readonly signedHeaders: readonly string[];
  /** How the text of the scheme is built. */
  readonly layout: Layout;
  /** The flags of the scheme that nobody gave, as the recorded request says them. */
  readonly taken: readonly string[];
  /** The same as a server holds it. */
  readonly app: App;
}

export const CREDENTIAL_OPTIONS: readonly OptionDescription[] = [
  { flags: "--app-id <id>", summary: "who signs (or LACRE_APP_ID)" },
  PROFILE_OPTION,
  {
    flags: "--key-file <file>",
    summary: "the file that holds the ApiKey (or LACRE_API_KEY: the ApiKey itself)",
  },
  {
    flags: "--encoding <name>",
    summary: "how the ApiKey is written",
    choices: ["lk1", "base64", "hex", "text", "whsec"],
  },
  {
    flags: "--algorithm <name>",
    summary: "sha256 unless said otherwise, where the scheme takes it",
    choices: ["sha1", "sha256", "sha384", "sha512"],
  },
  ...SCHEME_OPTIONS,
  { flags: "--api-key [key]", summary: "", hidden: true },
];

/** For commands that sign the headers of a request. */
export const SIGNED_HEADER_OPTION: OptionDescription = {
  flags: "--signed-header <name>",
  summary: "a header to sign that is left unsigned otherwise, such as X-Request-Id; any number",
  repeats: true,
};

/** For commands that do not hand `--key` on to curl, where it names the key of a client certificate. */
export const KEY_OPTION: OptionDescription = { flags: "--key [key]", summary: "", hidden: true };

/** What is done with the credentials. */
export interface Purpose {
  /**
   * A recorded request that is judged. Its key is what it is, so none is too short: how long
   * keys must be is for the server to say.
   */
  readonly recorded?: ShownRequest;
}

/**
 * Reads the credentials from options, files and environment, and holds them against the rules of their scheme.
 * @throws UsageError, ConfigurationError
 */
export async function readCredentials(
  io: Io,
  options: CredentialOptions,
  { recorded }: Purpose = {},
): Promise<ReadCredentials> {
  const appId = options.appId ?? io.env["LACRE_APP_ID"];
  if (appId === undefined || appId === "")
    throw new UsageError("Who signs is not said. Give --app-id ID or set LACRE_APP_ID.");

  const world: World = { appId, clock: io.clock, request: recorded };
  const { scheme: strict, layout, taken } = await formatOf(options, world);
  const scheme = recorded === undefined ? strict : { ...strict, keyLength: ANY_KEY_LENGTH };
  const keys = await readKeys(io, options);
  const [{ text: apiKey }, ...more] = keys;
  const apiKeys: ReadCredentials["apiKeys"] = [apiKey, ...more.map(({ text }) => text)];
  const { encoding = scheme.keyEncodings[0] as KeyEncoding } = options;
  const algorithm = options.algorithm ?? usualAlgorithm(scheme);
  const rules = { encoding, algorithm, schemes: [scheme.name] };
  const definition =
    more.length === 0
      ? { appId, apiKey, ...rules }
      : { appId, keys: apiKeys.map((text) => ({ apiKey: text, ...rules })) };
  if (scheme !== strict) noteShortKeys(io, apiKeys, encoding, strict);
  return {
    appId,
    apiKeys,
    encoding,
    algorithm,
    scheme,
    signedHeaders: options.signedHeader ?? [],
    layout,
    taken,
    app: await readSender(
      definition,
      scheme,
      keys,
      options.scheme === undefined ? recorded : undefined,
    ),
  };
}

/** SHA-256 wherever it is taken. */
const usualAlgorithm = ({ keyAlgorithms }: Scheme): MacAlgorithm =>
  keyAlgorithms.includes("sha256") ? "sha256" : (keyAlgorithms[0] ?? "sha256");

/**
 * What is wrong with a key is said of the place that the user took it from.
 * @param unnamed a recorded request, where nobody said in which scheme it is
 */
async function readSender(
  definition: AppDefinition,
  scheme: Scheme,
  keys: readonly FoundKey[],
  unnamed: ShownRequest | undefined,
): Promise<App> {
  try {
    return readApp(definition, [scheme], "credentials");
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    const [place = "", at = "0"] =
      /^credentials\.(?:apiKey|keys\[(\d+)\](?:\.apiKey)?)(?=$|: )/.exec(error.option) ?? [];
    const said = keys[Number(at)]?.from;
    if (place === "" || said === undefined) throw error;
    const others = unnamed === undefined ? [] : await schemesShownBy(unnamed);
    const hint = others.includes(scheme.name)
      ? ""
      : others
          .map((name) => ` If the request is to be read as it shows: --scheme ${name}.`)
          .join("");
    throw new UsageError(said + error.message.slice(place.length) + hint);
  }
}

async function schemesShownBy(request: ShownRequest): Promise<string[]> {
  const { shownSchemes } = await import("./shown-scheme.js");
  return shownSchemes(request);
}

/** What a server takes unless its scheme says otherwise. */
const USUAL_LENGTH = { min: 32, max: 64 } as const;

function noteShortKeys(
  io: Io,
  apiKeys: readonly string[],
  encoding: KeyEncoding,
  { keyLength: { min } = USUAL_LENGTH }: Scheme,
): void {
  const lengths = apiKeys.map((text) => keyBytesIn(text, encoding));
  const short = lengths.find((length) => length !== undefined && length < min);
  if (short !== undefined)
    io.stderr.write(
      `lacre: note: the key has ${short} bytes. A server takes fewer than ${min} only if its scheme says so: minKeyBytes or weakKeys.\n`,
    );
}

/** How many bytes a key has; undefined for one that is refused anyway. */
function keyBytesIn(text: string, encoding: KeyEncoding): number | undefined {
  if (encoding === "lk1") return undefined;
  const written = { base64: "base64", whsec: "base64", hex: "hex", text: "utf8" } as const;
  return Buffer.from(text.replace(encoding === "whsec" ? /^whsec_/ : /^/, ""), written[encoding])
    .length;
}

/** A key, and where it stands. */
interface FoundKey {
  readonly text: string;
  readonly from: string;
}

async function readKeys(
  io: Io,
  { keyFile, profileKey }: CredentialOptions,
): Promise<[FoundKey, ...FoundKey[]]> {
  const paths = typeof keyFile === "string" ? [keyFile] : (keyFile ?? []);
  const found = await Promise.all(paths.map((path) => readKeyFile(io, path)));
  const [first = keyAtHand(io, profileKey), ...others] = found;
  if (first === undefined)
    throw new UsageError(
      'There is no key. Give --key-file FILE or set LACRE_API_KEY; "lacre keygen" makes one.',
    );
  return [first, ...others];
}

function keyAtHand({ env }: Io, profileKey: ProfileKey | undefined): FoundKey | undefined {
  const text = env["LACRE_API_KEY"];
  return text ? { text, from: "LACRE_API_KEY" } : profileKey;
}

async function readKeyFile(io: Io, path: string): Promise<FoundKey> {
  const text = (await new Inputs(io).readFilled(path)).toString("utf8");
  warnIfOthersMayRead(io, path);
  // The line feed that editors put at the end; anything else is for the strict decoder to refuse.
  return { text: text.replace(/\r?\n$/, ""), from: nameOf(path) };
}

function warnIfOthersMayRead(io: Io, path: string): void {
  // The six lowest bits are those of group and others. Windows has none: Node reports 666 there.
  if (process.platform === "win32" || path === "-") return;
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats?.isFile() === true && stats.mode % 0o100 !== 0)
    io.stderr.write(
      `lacre: warning: others on this machine may read ${path}. Mend it with: chmod 600 ${path}\n`,
    );
}
