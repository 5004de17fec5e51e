import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { KeyDefinition } from "@lacre/core";

/** A genuine message of a sender, and what is known of it. */
export interface SenderMessage {
  /** The address of the published vector, or the program beside this file that made it. */
  readonly source: string;
  /** Options of the preset beside those that say who sends. */
  readonly options?: Readonly<Record<string, unknown>>;
  readonly apiKey: string;
  readonly encoding: NonNullable<KeyDefinition["encoding"]>;
  readonly algorithm?: KeyDefinition["algorithm"];
  /** When it came, in Unix seconds; left out where the sender signs no time. */
  readonly time?: number;
  readonly request: SentRequest;
  readonly expected: {
    /**
     * What may be changed, and it is still this message, which is good once: `method`, `url`, `content`, and headers by
     * name. Whatever is not named here cannot be changed.
     */
    readonly unsigned: readonly string[];
    /** Where the content is not signed as a whole: texts in it that cannot be changed. */
    readonly signedTexts?: readonly string[];
  };
  /** What the sender sends before it signs anything, where it does. */
  readonly firstContact?: readonly FirstContact[];
}

/** What a sender sends before its messages, or beside them, and what it wants to hear. */
export interface FirstContact {
  /** The options under which it is answered, beside `options`. */
  readonly options: Readonly<Record<string, unknown>>;
  /** Whether it is signed: without the options it is a message like any other. One that is not is refused. */
  readonly signed?: true;
  readonly request: SentRequest;
  readonly answer: {
    readonly status: number;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: string;
  };
}

/** A request as the sender sends it. */
export interface SentRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** The content, where it is not text. */
  readonly bodyBase64?: string;
}

/**
 * What a file of this folder has: `<preset>.json`, or `<preset>.<what>.json` where a sender has several kinds. That of
 * `body-signature` is a list: senders that have no preset.
 */
export interface SenderRow {
  /** The file, and in a list the name. */
  readonly title: string;
  /** The door of the preset: `standard-webhooks`. */
  readonly preset: string;
  readonly message: SenderMessage;
}

/** Every message in the files of a folder. */
export const senderRows = (folder: string): SenderRow[] =>
  readdirSync(folder)
    .filter((file) => file.endsWith(".json"))
    .toSorted()
    .flatMap((file) => rowsIn(file, readFileSync(join(folder, file), "utf8")));

function rowsIn(file: string, text: string): SenderRow[] {
  const parsed = JSON.parse(text) as SenderMessage | SenderMessage[];
  const preset = file.replace(/[.].*/, "");
  if (!Array.isArray(parsed)) return [{ title: file, preset, message: parsed }];
  return parsed.map((message) => ({
    title: `${file}: ${String(message.options?.["name"])}`,
    preset,
    message,
  }));
}

export const contentOf = ({ body = "", bodyBase64 }: SentRequest): Buffer =>
  bodyBase64 === undefined ? Buffer.from(body) : Buffer.from(bodyBase64, "base64");
