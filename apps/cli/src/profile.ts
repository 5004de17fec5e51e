import { readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, isAbsolute, join } from "node:path";
import { ConfigurationError, type KeyEncoding, type MacAlgorithm } from "@lacre/core";
import { custom, oneOf, readOptions, text, type SettingsOf } from "@lacre/core/scheme";
import { UsageError } from "./exit.js";
import type { Io } from "./io.js";
import type { SchemeTerms } from "./scheme-terms.js";

const ENCODINGS: readonly KeyEncoding[] = ["lk1", "base64", "hex", "text", "whsec"];
const ALGORITHMS: readonly MacAlgorithm[] = ["sha1", "sha256", "sha384", "sha512"];

/** What stands in the file of a profile. */
const MEMBERS = {
  /** Who signs. */
  appId: text({ example: "orders" }),
  /** The ApiKey itself. */
  key: text({ example: "lk1_…" }),
  /** The file that holds the ApiKey, seen from the folder of the profile; ~/ is the home folder. */
  keyFile: text({ example: "orders.key" }),
  encoding: oneOf(ENCODINGS, {}),
  algorithm: oneOf(ALGORITHMS, {}),
  scheme: text({ example: "aws-sigv4", shown: true }),
  /** The options of the scheme, as its page names them. */
  schemeOptions: custom(readTerms, { example: '{"region": "eu-central-1"}' }),
  /** Where the API is: what stands before a path that is given in place of a URL. */
  url: text({
    pattern: /^https?:\/\/[^\s?#]+$/i,
    as: "an http or https URL without a query",
    example: "https://api.example.com/v1",
  }),
};

function readTerms(given: SchemeTerms, at: string): SchemeTerms {
  if (typeof given === "object" && given !== null && !Array.isArray(given)) return given;
  throw new ConfigurationError(
    at,
    "must be an object.",
    'Give {"region": "eu-central-1"}, for example.',
  );
}

/** A profile as its file says it. */
export interface Profile extends SettingsOf<typeof MEMBERS> {
  readonly name: string;
  readonly path: string;
}

/** The key in a profile, and where it stands. */
export interface ProfileKey {
  readonly text: string;
  readonly from: string;
}

/** What a profile has a say in. The flags of any one command are some of these. */
interface Profiled {
  readonly profile?: string;
  readonly appId?: string;
  readonly keyFile?: string | readonly string[];
  readonly encoding?: KeyEncoding;
  readonly algorithm?: MacAlgorithm;
  readonly scheme?: string;
  readonly profileTerms?: SchemeTerms;
  readonly baseUrl?: string;
  readonly profileKey?: ProfileKey;
}

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const DEFAULT_NAME = "default";

/** The folder of the profiles; undefined where nothing says where the home folder is. */
export function profileFolder({ env }: Pick<Io, "env">): string | undefined {
  const { XDG_CONFIG_HOME: xdg, HOME: home, APPDATA: appData } = env;
  // The XDG Base Directory Specification: a relative path means nothing.
  if (xdg !== undefined && isAbsolute(xdg)) return join(xdg, "lacre");
  if (process.platform === "win32" && appData) return join(appData, "lacre");
  return home ? join(home, ".config", "lacre") : undefined;
}

/** The names of all profiles, sorted. */
export function profileNames(io: Pick<Io, "env">): string[] {
  const folder = profileFolder(io);
  if (folder === undefined || statSync(folder, { throwIfNoEntry: false }) === undefined) return [];
  return readdirSync(folder)
    .flatMap((file) => /^(.*)\.json$/.exec(file)?.[1] ?? [])
    .filter((name) => NAME.test(name))
    .sort();
}

/**
 * Reads a profile by its name.
 * @throws UsageError, ConfigurationError: with the names of members, never with their values
 */
export function readProfile(io: Pick<Io, "env">, name: string): Profile {
  if (!NAME.test(name))
    throw new UsageError(
      "--profile is no name of a profile: 1 to 64 letters, digits, dots, hyphens and underscores.",
    );
  const path = join(profileFolder(io) ?? "", `${name}.json`);
  const members = readOptions(
    MEMBERS,
    readJson(path, name),
    `profile ${name}`,
    `profile ${name}: `,
  );
  if (members.key !== undefined && members.keyFile !== undefined)
    throw new ConfigurationError(
      `profile ${name}: key`,
      "and keyFile are both given.",
      "Leave one of them out.",
    );
  if (members.key !== undefined) refuseOthers(path);
  return { ...members, name, path };
}

function readJson(path: string, name: string): object {
  let written: string;
  try {
    written = readFileSync(path, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const reason = code === "ENOENT" ? "there is no such file" : "it cannot be read";
    throw new UsageError(`There is no profile ${name}: ${path}: ${reason}.`);
  }
  try {
    return JSON.parse(written.replace(/^\uFEFF/, "")) as object;
  } catch {
    // The parser's own message quotes the file, which may hold a key.
    throw new UsageError(`The profile ${name} is no JSON. Mend ${path}.`);
  }
}

/** As ssh does with private keys: what others may read is no secret. */
function refuseOthers(path: string): void {
  if (process.platform === "win32") return; // Node reports 666 for every file there
  if (statSync(path).mode % 0o100 !== 0)
    throw new UsageError(
      `The profile ${path} holds a key, and others on this machine may read it. It is not used. Mend it with: chmod 600 ${path}`,
    );
}

/** What a command is given once its profile is read: flags come first, then the environment, then the profile. */
export function withProfile<Options extends object>(io: Io, options: Options): Options {
  const said: Profiled = options;
  const asked = said.profile ?? (io.env["LACRE_PROFILE"] || undefined);
  if (asked === undefined && !profileNames(io).includes(DEFAULT_NAME)) return options;
  const profile = readProfile(io, asked ?? DEFAULT_NAME);
  return { ...termsOf(profile, said), ...whoOf(profile, io), ...options };
}

/** How the key is used belongs to the scheme: with another scheme the profile has nothing to say of it. */
function termsOf(
  { encoding, algorithm, scheme, schemeOptions }: Profile,
  said: Profiled,
): Profiled {
  const isOther = said.scheme !== undefined && said.scheme !== (scheme ?? "lacre1");
  return isOther ? {} : { encoding, algorithm, scheme, profileTerms: schemeOptions };
}

function whoOf({ name, appId, key, keyFile, path, url }: Profile, { env }: Io): Profiled {
  const home = env["HOME"] ?? "";
  const absolute = keyFile?.replace(/^~(?=\/)/, home);
  return {
    baseUrl: url,
    ...(!env["LACRE_APP_ID"] && { appId }),
    ...(key !== undefined && { profileKey: { text: key, from: `profile ${name}: key` } }),
    ...(absolute !== undefined &&
      !env["LACRE_API_KEY"] && {
        keyFile: isAbsolute(absolute) ? absolute : join(dirname(path), absolute),
      }),
  };
}
