import type { CommandDescription } from "../command.js";
import { ConfigurationError } from "@lacre/core";
import { readCredentials, type CredentialOptions } from "../credentials.js";
import { EXIT, UsageError, withoutKeys } from "../exit.js";
import type { Io } from "../io.js";
import { profileFolder, profileNames, readProfile, withProfile, type Profile } from "../profile.js";
import { formatOf } from "../spoken-format.js";

interface ProfilesOptions {
  readonly json?: true;
}

export const profiles: CommandDescription<ProfilesOptions> = {
  options: [{ flags: "--json", summary: "print JSON" }],
  details: `A profile is a JSON file in $XDG_CONFIG_HOME/lacre or ~/.config/lacre, named after the
profile: orders.json. Its members, all optional:

  appId, key or keyFile, encoding, algorithm, scheme, schemeOptions, url

A file that holds a key must be its owner's alone: chmod 600. A keyFile is seen from the
folder of the profile. schemeOptions is an object with the options of the scheme, region and
service among them. With a url, commands take a path in its place: lacre sign GET /items.
Flags come before the environment, and the environment before the profile. With another
--scheme than the profile's, its encoding, algorithm and schemeOptions do not count.

What is wrong with a profile, such as a missing key file or option of its scheme, is said
behind it, and as fault in JSON; the exit code is 1 then.

Example of ~/.config/lacre/orders.json:
  {"appId": "orders", "keyFile": "orders.key", "url": "https://api.example.com/v1"}`,

  async run(io, { options }) {
    const all: Listed[] = [];
    for (const name of profileNames(io)) all.push(await described(io, name));
    if (options.json) io.stdout.write(`${JSON.stringify(all, null, 2)}\n`);
    else if (all.length === 0)
      io.stdout.write(`There is no profile in ${profileFolder(io) ?? "the home folder"}.\n`);
    else io.stdout.write(all.map(lineOf).join(""));
    return all.some(({ fault }) => fault !== undefined) ? EXIT.refused : EXIT.done;
  },
};

/** A profile without its key; null where it says nothing. */
interface Listed {
  readonly name: string;
  readonly appId?: string | null;
  readonly scheme?: string;
  readonly url?: string | null;
  readonly key?: string | null;
  /** Why it cannot be used. */
  readonly fault?: string;
}

const lineOf = ({ fault, ...members }: Listed): string =>
  `${Object.values(members)
    .map((each: string | null) => each ?? "-")
    .concat(fault ?? [])
    .join("  ")}\n`;

/** What is in a profile, and why it cannot be used: one that is broken hides no other. */
async function described(io: Io, name: string): Promise<Listed> {
  let profile: Profile;
  try {
    profile = readProfile(io, name);
  } catch (error) {
    return { name, fault: faultIn(error) };
  }
  const fault = await faultOf(io, profile);
  return { ...contentsOf(profile), ...(fault !== undefined && { fault }) };
}

const contentsOf = ({ name, appId, scheme, url, key, keyFile }: Profile): Listed => ({
  name,
  appId: appId ?? null,
  scheme: scheme ?? "lacre1",
  url: url ?? null,
  key: key === undefined ? (keyFile ?? null) : "(in the profile)",
});

/** Why a command could not use a profile for what it says. What it leaves out may be said by flags. */
async function faultOf(io: Io, { name, key, keyFile }: Profile): Promise<string | undefined> {
  const alone = { ...io, env: { ...io.env, LACRE_API_KEY: undefined, LACRE_APP_ID: undefined } };
  const options = withProfile<CredentialOptions & { profile: string }>(alone, { profile: name });
  const named = { ...options, appId: options.appId ?? "unknown" };
  try {
    await formatOf(named, { appId: named.appId, clock: io.clock });
    if (key !== undefined || keyFile !== undefined) await readCredentials(alone, named);
    return undefined;
  } catch (error) {
    return faultIn(error);
  }
}

function faultIn(error: unknown): string {
  if (error instanceof UsageError || error instanceof ConfigurationError)
    return withoutKeys(error.message);
  throw error;
}
