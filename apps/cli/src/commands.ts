import type { CommandDescription } from "./command.js";

/** A command before it is loaded: what the list of commands says of it. */
export interface ListedCommand {
  readonly name: string;
  readonly summary: string;
  /** Loads the rest, and with it what the command needs: no command pays for another. */
  readonly load: () => Promise<CommandDescription>;
}

/** Every command, in the order of the help. */
export const COMMANDS: readonly ListedCommand[] = [
  {
    name: "keygen",
    summary: "make a new key, ready for the configuration",
    load: async () => (await import("./commands/keygen.js")).keygen,
  },
  {
    name: "sign",
    summary: "print the headers that sign a request",
    load: async () => (await import("./commands/sign.js")).sign,
  },
  {
    name: "presign",
    summary: "print a URL that carries its own credentials",
    load: async () => (await import("./commands/presign.js")).presign,
  },
  {
    name: "curl",
    summary: "run curl with a signed request",
    load: async () => (await import("./commands/curl.js")).curl,
  },
  {
    name: "verify",
    summary: "judge a recorded request and say why",
    load: async () => (await import("./commands/verify.js")).verify,
  },
  {
    name: "explain",
    summary: "say why a signature does not match",
    load: async () => (await import("./commands/explain.js")).explain,
  },
  {
    name: "replay",
    summary: "send a recorded request again, and judge the server's replay protection",
    load: async () => (await import("./commands/replay.js")).replay,
  },
  {
    name: "doctor",
    summary: "check from outside that a server refuses what it must",
    load: async () => (await import("./commands/doctor.js")).doctor,
  },
  {
    name: "export",
    summary: "write a collection for Postman, Bruno or Insomnia that signs its requests",
    load: async () => (await import("./commands/export.js")).exportCollection,
  },
  {
    name: "profiles",
    summary: "list the profiles, without their keys",
    load: async () => (await import("./commands/profiles.js")).profiles,
  },
  {
    name: "completions",
    summary: "print what lets a shell complete lacre's commands and options",
    load: async () => (await import("./commands/completions.js")).completions,
  },
  {
    name: "manual",
    summary: "print the manual page",
    load: async () => (await import("./commands/manual.js")).manual,
  },
];
