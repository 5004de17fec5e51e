import { ConfigurationError } from "@lacre/core";

const OPTION = "DATABASE_URL";

/** What PostgreSQL or the network says by its code, and what to do about it. */
const KNOWN: Readonly<Record<string, readonly [problem: string, cure: string]>> = {
  ERR_INVALID_URL: ["is not a URL.", "Write postgres://user:password@host:5432/database."],
  ECONNREFUSED: [
    "names a place where no server answers.",
    "Start PostgreSQL, or mend host and port.",
  ],
  ENOTFOUND: ["names a host that nobody knows.", "Mend the host."],
  EAI_AGAIN: ["names a host that cannot be looked up now.", "Mend the host, or the name server."],
  ETIMEDOUT: [
    "names a server that does not answer.",
    "Mend host and port, or let this one through.",
  ],
  "28P01": ["has a wrong user or password.", "Mend them."],
  "28000": ["names a user that the server does not let in.", "Mend the user, or pg_hba.conf."],
  "3D000": ["names a database that there is not.", "Create it: createdb <name>"],
  "42501": [
    "names a user that may not make tables there.",
    "Make the user the owner: alter database <name> owner to <user>",
  ],
  "53300": [
    "names a server that has no connection left.",
    "Raise max_connections, or close others.",
  ],
  "57P03": ["names a server that is starting or stopping.", "Start again in a moment."],
};

/** Why the database could not be opened, for people. */
export function openingFault(error: unknown, url: string): Error {
  if (error instanceof ConfigurationError) return error;
  const code = codeOf(error);
  const known = KNOWN[code ?? ""];
  if (known !== undefined) return new ConfigurationError(OPTION, ...known);
  const said = deepest(error).message ?? "no word";
  if (/timeout/i.test(said))
    return new ConfigurationError(OPTION, ...(KNOWN.ETIMEDOUT ?? ["", ""]));
  return new ConfigurationError(
    OPTION,
    `cannot be used (${withoutSecrets(said, url)}).`,
    "Mend it, or the server that it names.",
  );
}

function codeOf(error: unknown): string | undefined {
  return chainOf(error).find(({ code }) => typeof code === "string")?.code;
}

const deepest = (error: unknown): Fault => chainOf(error).at(-1) ?? { message: String(error) };

interface Fault {
  readonly message?: string;
  readonly code?: string;
  readonly cause?: unknown;
}

/** An error and what caused it: drizzle wraps what the driver says. */
function chainOf(error: unknown): Fault[] {
  if (error === null || typeof error !== "object") return [];
  const fault = error as Fault;
  return [fault, ...chainOf(fault.cause)];
}

function withoutSecrets(text: string, url: string): string {
  let shown = text.replaceAll(url, "the URL");
  if (URL.canParse(url)) {
    const { password } = new URL(url);
    for (const secret of [password, decodeURIComponent(password)])
      if (secret !== "") shown = shown.replaceAll(secret, "***");
  }
  return shown;
}
