import { run } from "../support/run.js";
import type { Command } from "./languages.js";

/** Strings whose code points 0 to 255 stand for bytes, as in docs/vectors/lacre1.json. */
export interface Caller {
  readonly appId: string;
  readonly apiKey: string;
  readonly algorithm: string;
  /** What to sign of the headers that senders leave unsigned unless they are named. */
  readonly signedHeaders?: readonly string[];
}

export type Headers = readonly (readonly [string, string])[];

export interface ToSign extends Caller {
  readonly timestamp: string;
  readonly nonce: string;
  readonly method: string;
  readonly scheme: string;
  readonly host: string;
  readonly target: string;
  readonly headers: Headers;
  readonly content: string;
}

export interface ToVerify extends Caller {
  readonly requestSignature: string;
  readonly method: string;
  readonly status: number;
  readonly headers: Headers;
  readonly content: string;
}

export interface ToCall extends Caller {
  readonly method: string;
  readonly url: string;
  readonly headers?: Headers;
  readonly content?: string;
}

/** What a client answered: it did it, or its own kind of error said no. Anything else ends the driver. */
export type Answer =
  | { readonly ok: true; readonly values: readonly string[] }
  | { readonly ok: false; readonly message: string };

/**
 * Speaks with the driver of a language: a line for each thing to do, a line for each answer, fields in base64 with
 * `|` between them, so that no language needs more than its standard library to read them.
 */
export class Driver {
  readonly #command: Command;
  readonly #env: Record<string, string>;

  constructor(command: Command, env: Record<string, string> = {}) {
    this.#command = command;
    this.#env = env;
  }

  key(apiKeys: readonly string[]): Promise<Answer[]> {
    return this.#do(
      apiKeys.map((apiKey) => ["key", ...caller({ appId: "demo", apiKey, algorithm: "sha256" })]),
    );
  }

  /** Gives canonical request, signature and Authorization. */
  sign(requests: readonly ToSign[]): Promise<Answer[]> {
    return this.#do(
      requests.map((it) => [
        ...["sign", ...caller(it), it.timestamp, it.nonce],
        ...[it.method, it.scheme, it.host, it.target, it.headers, it.content],
      ]),
    );
  }

  /** Gives the server's time. */
  verify(answers: readonly ToVerify[]): Promise<Answer[]> {
    return this.#do(
      answers.map((it) => [
        ...["verify", ...caller(it), it.requestSignature],
        ...[String(it.status), it.headers, it.content, it.method],
      ]),
    );
  }

  /** Gives the status, the content, and `yes` or what the client found wrong with the signature of the answer. */
  call(requests: readonly ToCall[], how = "call"): Promise<Answer[]> {
    return this.#do(
      requests.map((it) => [
        ...[how, ...caller(it)],
        ...[it.method, it.url, it.headers ?? [], it.content ?? ""],
      ]),
    );
  }

  async #do(jobs: readonly (readonly (string | Headers)[])[]): Promise<Answer[]> {
    const input = jobs.map(([name, ...fields]) => [name, ...fields.map(write)].join("|"));
    const [command, ...args] = this.#command;
    const { code, stdout, stderr } = await run(command, args, {
      env: this.#env,
      input: `${input.join("\n")}\n`,
    });
    const answers = stdout.split("\n").filter((line) => line !== "");
    if (code !== 0 || stderr !== "" || answers.length !== jobs.length)
      throw new Error(`${answers.length} of ${jobs.length} answers, exit ${code}\n${stderr}`);
    return answers.map(read);
  }
}

const caller = ({ appId, apiKey, algorithm, signedHeaders = [] }: Caller): string[] => [
  ...[appId, apiKey, algorithm, signedHeaders.join(" ")],
];

const base64 = (text: string): string => Buffer.from(text, "latin1").toString("base64");

const write = (field: string | Headers): string =>
  typeof field === "string"
    ? base64(field)
    : field.map(([name, value]) => `${base64(name)}:${base64(value)}`).join(" ");

function read(line: string): Answer {
  const [verdict, ...fields] = line.split("|");
  const values = fields.map((field) => Buffer.from(field, "base64").toString("latin1"));
  if (verdict === "ok") return { ok: true, values };
  if (verdict === "refused" && values[0]) return { ok: false, message: values[0] };
  throw new Error(`the driver said: ${line}`);
}
