import { awsSigV4, generateApiKey, lacre1, readApp } from "@lacre/core";
import type { CommandDescription } from "../command.js";
import { SCHEME_OPTION } from "../credentials.js";
import { EXIT } from "../exit.js";

interface KeygenOptions {
  readonly appId?: string;
  readonly scheme?: "lacre1" | "aws-sigv4";
  readonly json?: true;
}

export const keygen: CommandDescription<KeygenOptions> = {
  name: "keygen",
  summary: "make a new key, ready for the configuration",
  options: [
    {
      flags: "--app-id <id>",
      summary: "whose key it is (or LACRE_APP_ID); my-app unless said otherwise",
    },
    SCHEME_OPTION,
    { flags: "--json", summary: "print JSON" },
  ],
  details: `The key is printed this once and kept nowhere. One key serves one scheme and one direction.

Example:
  lacre keygen --app-id orders`,

  async run({ stdout, env }, { options }) {
    const appId = options.appId ?? (env["LACRE_APP_ID"] || "my-app");
    const definition = definitionOf(appId, options.scheme);
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
  readonly encoding?: "text";
  readonly schemes?: readonly string[];
}

/** What the configuration will accept: the configuration's own reader has read it. */
function definitionOf(appId: string, scheme: KeygenOptions["scheme"]): Definition {
  const apiKey = generateApiKey();
  const definition: Definition =
    scheme === "aws-sigv4"
      ? { appId, apiKey: apiKey.slice("lk1_".length), encoding: "text", schemes: ["aws-sigv4"] }
      : { appId, apiKey };
  // Any scope will do: the key does not depend on it.
  readApp(definition, [lacre1, awsSigV4({ region: "any", service: "any" })]);
  return definition;
}

/** As TypeScript writes it, not JSON. */
function literal(definition: Definition): string {
  const members = Object.entries(definition).map(
    ([name, value]) => `${name}: ${JSON.stringify(value)}`,
  );
  return `{ ${members.join(", ")} }`;
}
