import { randomBytes } from "node:crypto";
import { generateApiKey, readApp, type Clock, type KeyEncoding } from "@lacre/core";
import type { CommandDescription } from "../command.js";
import { EXIT } from "../exit.js";
import { PROFILE_OPTION } from "../profile-option.js";
import { schemeOf, SCHEME_OPTION } from "../spoken-format.js";

interface KeygenOptions {
  readonly appId?: string;
  readonly scheme?: string;
  readonly json?: true;
}

export const keygen: CommandDescription<KeygenOptions> = {
  options: [
    {
      flags: "--app-id <id>",
      summary: "whose key it is (or LACRE_APP_ID); my-app unless said otherwise",
    },
    PROFILE_OPTION,
    SCHEME_OPTION,
    { flags: "--json", summary: "print JSON" },
  ],
  details: `The key is printed this once and kept nowhere. One key serves one scheme and one direction.

Example:
  lacre keygen --app-id orders`,

  async run({ stdout, env, clock }, { options }) {
    const appId = options.appId ?? (env["LACRE_APP_ID"] || "my-app");
    const definition = await definitionOf(appId, options.scheme ?? "lacre1", clock);
    const environment = { LACRE_APP_ID: appId, LACRE_API_KEY: definition.apiKey };
    if (options.json) {
      stdout.write(`${JSON.stringify({ ...definition, environment }, null, 2)}\n`);
      return EXIT.done;
    }
    stdout.write(`For the server's configuration, under apps:

  ${literal(definition)}

For the environment of the sender:

  LACRE_APP_ID=${appId}
  LACRE_API_KEY=${definition.apiKey}

Keep it like a password: whoever has it can sign as ${appId}.
`);
    return EXIT.done;
  },
};

interface Definition {
  readonly appId: string;
  readonly apiKey: string;
  readonly encoding?: KeyEncoding;
  readonly schemes?: readonly string[];
}

/** Any terms will do: a key does not depend on them. */
const ANY_TERMS: Readonly<Record<string, object>> = {
  "aws-sigv4": { region: "any", service: "any" },
  acquia2: { realm: "any" },
};

/** What the configuration will accept: the configuration's own reader has read it. */
async function definitionOf(appId: string, name: string, clock: Clock): Promise<Definition> {
  const scheme = await schemeOf({ scheme: name, ...ANY_TERMS[name] }, { appId, clock });
  const [encoding = "lk1"] = scheme.keyEncodings;
  const apiKey = keyIn(encoding, scheme.keyLength?.min === 64 ? 64 : 32);
  const definition: Definition = {
    appId,
    apiKey,
    ...(encoding !== "lk1" && { encoding }),
    ...(name !== "lacre1" && { schemes: [name] }),
  };
  readApp(definition, [scheme]);
  return definition;
}

/** Random bytes as this encoding writes them. */
function keyIn(encoding: KeyEncoding, length: number): string {
  const bytes = randomBytes(length);
  switch (encoding) {
    case "lk1":
      return generateApiKey();
    case "text":
      return bytes.toString("base64url");
    case "base64":
      return bytes.toString("base64");
    case "hex":
      return bytes.toString("hex");
    case "whsec":
      return `whsec_${bytes.toString("base64")}`;
  }
}

/** As TypeScript writes it, not JSON. */
function literal(definition: Definition): string {
  const members = Object.entries(definition).map(
    ([name, value]) => `${name}: ${JSON.stringify(value)}`,
  );
  return `{ ${members.join(", ")} }`;
}
