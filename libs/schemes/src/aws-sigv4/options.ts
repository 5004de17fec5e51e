import {
  custom,
  flag,
  list,
  oneOf,
  type OptionsOf,
  schemeName,
  type SettingsOf,
  text,
} from "@lacre/core/scheme";
import { readIgnoredHeader } from "./unsigned.js";

const SCOPE_NAME = { pattern: /^[a-z0-9-]{1,64}$/, as: "1 to 64 of a-z, 0-9 and -", shown: true };

export const OPTIONS = {
  /** The name by which keys and routes speak of it; `aws-sigv4` unless given. */
  name: schemeName("aws-sigv4"),
  /** The region in the credential's scope, such as `eu-central-1`. */
  region: text({ ...SCOPE_NAME, example: "eu-central-1", required: true }),
  /** The service in the credential's scope, such as `execute-api`. */
  service: text({ ...SCOPE_NAME, example: "execute-api", required: true }),
  /**
   * How the path is signed. `plain`: normalised, then each segment encoded once more, as for every AWS service
   * but one. `s3`: as sent, neither normalised nor encoded twice. `raw`: not normalised, and each segment encoded once
   * more, as signers do that leave the path alone for other services too. `plain` unless given.
   */
  urlMode: oneOf(["plain", "s3", "raw"], { default: "plain" }),
  /**
   * Headers that need not be signed, although they begin with `x-amz-`: what proxies of your own add behind the client.
   * None unless given. `content-type` may stand here too, for clients that leave it unsigned; the module then warns
   * that it is not covered. Never what decides: host, date, session token, hash of the content, method override.
   */
  ignoreHeaders: list(
    custom((name: string, at) => readIgnoredHeader(name, at), { example: '"x-amz-meta-edge"' }),
    {
      default: [],
      example: ["x-amz-meta-edge"],
    },
  ),
  /** The weakness of an unsigned Content-Type is known: the module does not warn of it. False unless given. */
  acknowledgeWeakness: flag({ default: false }),
  /**
   * The session token of temporary credentials, for signing: sent and signed as `x-amz-security-token`. A verifier
   * needs none: whatever token a request brings must be signed, and what it means is the application's to say.
   */
  sessionToken: text({
    pattern: /^[\x21-\x7e]{1,4096}$/,
    as: "1 to 4096 printable US-ASCII characters without a space",
    example: "FwoGZXIvYXdzE…",
  }),
};

/** Which deployment of SigV4 this is. */
export interface AwsSigV4Options extends OptionsOf<typeof OPTIONS> {}

/** The same, checked. */
export type Setting = SettingsOf<typeof OPTIONS>;
