import {
  ConfigurationError,
  flag,
  list,
  oneOf,
  type OptionsOf,
  readOptions,
  schemeName,
  seconds,
} from "@lacre/core/scheme";
import { type AspnetBodyHash, BODY_HASHES } from "./body-hash.js";

const DAY_SECONDS = 86_400;

const OPTIONS = {
  /** The name by which keys and routes speak of it; `aspnet-hmac` unless given. */
  name: schemeName("aspnet-hmac"),
  /**
   * `hmac`: HmacAuthentication and its relatives for ASP.NET Core, `Authorization: Hmac …`. `amx`: the Web API of 2014
   * that they descend from. `hmac` unless given.
   */
  dialect: oneOf(["hmac", "amx"], { default: "hmac" }),
  /** How old a request may be, in seconds; 300 unless given. */
  maxAge: seconds({ from: 1, to: DAY_SECONDS, default: 300 }),
  /** How far ahead of the server's clock a request may be, in seconds; as `maxAge` unless given. */
  futureSkew: seconds({ from: 0, to: DAY_SECONDS, says: "as maxAge" }),
  /**
   * Takes targets that have letters in upper case. The signature covers the URL in lower case only, so whoever holds a
   * request back can send `/files/abc` in place of `/Files/ABC`. False unless given.
   */
  mixedCaseTargets: flag({ default: false }),
  /** The hashes that are taken for a body. The four-part form means MD5. All five unless given. */
  bodyHashes: list(oneOf(BODY_HASHES, {}), { from: 1, default: BODY_HASHES, example: ["SHA256"] }),
  /**
   * How this side writes its own requests: 4 (HMAC-SHA256 and MD5, which every server knows) or 6 (with the names of
   * the algorithms, and SHA-256 for the body). 6 unless given; `amx` has 4 alone.
   */
  parts: oneOf([4, 6], { says: "6; 4 for amx" }),
  /** The weaknesses are known: the module does not warn of them at the start. False unless given. */
  acknowledgeWeakness: flag({ default: false }),
};

/** Which callers this is for. */
export interface AspnetHmacOptions extends OptionsOf<typeof OPTIONS> {}

/** The same, checked, with defaults. */
export interface Settings {
  readonly name: string;
  readonly dialect: "hmac" | "amx";
  readonly maxAgeSeconds: number;
  readonly futureSkewSeconds: number;
  readonly mixedCaseTargets: boolean;
  readonly bodyHashes: readonly AspnetBodyHash[];
  readonly parts: 4 | 6;
  readonly acknowledgeWeakness: boolean;
}

/** @throws ConfigurationError */
export function readSettings(options: AspnetHmacOptions | undefined): Settings {
  const read = readOptions(OPTIONS, options, "aspnetHmac");
  const { maxAge: maxAgeSeconds, futureSkew: futureSkewSeconds = maxAgeSeconds } = read;
  const { dialect, bodyHashes, parts = dialect === "amx" ? 4 : 6 } = read;
  if (dialect === "amx" && parts === 6)
    throw new ConfigurationError("aspnetHmac.parts", "must be 4 for amx.", "Leave it out.");
  if (!bodyHashes.includes(parts === 4 ? "MD5" : "SHA256"))
    throw new ConfigurationError(
      "aspnetHmac.bodyHashes",
      `does not have the hash of the ${parts}-part form that this side writes.`,
      "Add MD5 for parts: 4, SHA256 for parts: 6.",
    );
  return { ...read, maxAgeSeconds, futureSkewSeconds, parts };
}
