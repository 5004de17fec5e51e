import type { CommandDescription } from "../command.js";
import { ConfigurationError } from "@lacre/core";
import { EXIT, UsageError, withoutKeys } from "../exit.js";
import type { Io } from "../io.js";
import { profileFolder, profileNames, readProfile, type Profile } from "../profile.js";

interface ProfilesOptions {
  readonly json?: true;
}

export const profiles: CommandDescription<ProfilesOptions> = {
  name: "profiles",
  summary: "list the profiles, without their keys",
  options: [{ flags: "--json", summary: "print JSON" }],
  details: `A profile is a JSON file in $XDG_CONFIG_HOME/lacre or ~/.config/lacre, named after the
profile: orders.json. Its members, all optional:

  appId, key or keyFile, encoding, algorithm, scheme, schemeOptions, url

A file that holds a key must be its owner's alone: chmod 600. A keyFile is seen from the
folder of the profile. schemeOptions is an object with the options of the scheme, region and
service among them. With a url, commands take a path in its place: lacre sign GET /items.
Flags come before the environment, and the environment before the profile. With another
--scheme than the profile's, its encoding, algorithm and schemeOptions do not count.

Example of ~/.config/lacre/orders.json:
  {"appId": "orders", "keyFile": "orders.key", "url": "https://api.example.com/v1"}`,

  run(io, { options }) {
    const all = profileNames(io).map((name) => described(io, name));
    if (options.json) io.stdout.write(`${JSON.stringify(all, null, 2)}\n`);
    else if (all.length === 0)
      io.stdout.write(`There is no profile in ${profileFolder(io) ?? "the home folder"}.\n`);
    else io.stdout.write(all.map((each) => `${Object.values(each).join("  ")}\n`).join(""));
    return Promise.resolve(all.some((each) => "fault" in each) ? EXIT.refused : EXIT.done);
  },
};

/** What is in a profile, or why it cannot be used: one that is broken hides no other. */
function described(io: Io, name: string): object {
  try {
    return contentsOf(readProfile(io, name));
  } catch (error) {
    if (error instanceof UsageError || error instanceof ConfigurationError)
      return { name, fault: withoutKeys(error.message) };
    throw error;
  }
}

const contentsOf = ({ name, appId, scheme, url, key, keyFile }: Profile): object => ({
  name,
  appId: appId ?? "-",
  scheme: scheme ?? "lacre1",
  url: url ?? "-",
  key: key === undefined ? (keyFile ?? "-") : "(in the profile)",
});
