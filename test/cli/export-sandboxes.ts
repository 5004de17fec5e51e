import { createHash, createHmac, randomUUID, webcrypto } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { runInNewContext } from "node:vm";
import type { WireRequest } from "../support/wire.js";

/** A request in the editor of a tool, and the variables beside it. */
export interface Edited {
  readonly method: string;
  readonly url: string;
  readonly headers?: readonly (readonly [string, string])[];
  readonly text?: string;
  readonly form?: readonly (readonly [string, string])[];
  /** Path parameters. */
  readonly parameters?: Readonly<Record<string, string>>;
  /** The tool's name of a body that a script cannot see. */
  readonly unseen?: string;
  readonly auth?: string;
}

export interface Surroundings {
  readonly variables: Readonly<Record<string, string>>;
  readonly nowMs?: number;
  readonly nonce?: string;
}

/** What the tool would send; throws what keeps it from sending. */
export type Sandbox = (
  script: string,
  edited: Edited,
  around: Surroundings,
) => Promise<WireRequest>;

/** The part of crypto-js that the script uses, by Node's own cryptography. */
const cryptoJs = {
  SHA256: (text: string) => createHash("sha256").update(text, "utf8").digest(),
  HmacSHA256: (text: string, key: Buffer) => createHmac("sha256", key).update(text).digest(),
  enc: {
    Base64: {
      parse: (text: string) => Buffer.from(text, "base64"),
      stringify: (bytes: Buffer) => bytes.toString("base64"),
    },
    Hex: { stringify: (bytes: Buffer) => bytes.toString("hex") },
  },
};

/** `crypto` only where the tool has it, or a test would not see the other way to a nonce. */
function runScript(script: string, { nowMs, nonce }: Surroundings, globals: object): unknown {
  const libraries: Record<string, unknown> = {
    "crypto-js": cryptoJs,
    uuid: { v4: () => nonce ?? randomUUID() },
  };
  return runInNewContext(script, {
    require: (name: string) => libraries[name],
    Date: { now: () => nowMs ?? Date.now() },
    console: { error: () => undefined },
    ...globals,
  });
}

/** `{{name}}` with its value; without one it stays. */
const fill = (text: string, variables: Readonly<Record<string, string>>): string =>
  text.replace(/\{\{\s*([\w$]+)\s*\}\}/g, (whole, name: string) => variables[name] ?? whole);

interface Header {
  key: string;
  value: string;
  disabled?: boolean;
}

function wire(
  method: string,
  url: string,
  headers: readonly (readonly [string, string])[],
  body: string,
): WireRequest {
  const [, host = "", target = ""] = /^https?:\/\/([^/]+)(.*)$/.exec(url) ?? [];
  return {
    method,
    target,
    headers: [["Host", host], ...headers],
    ...(body !== "" && { body: Buffer.from(body) }),
  };
}

export const postman: Sandbox = async (script, edited, around) => {
  let { url } = edited;
  let headers: Header[] = (edited.headers ?? []).map(([key, value]) => ({ key, value }));
  headers.push({ key: "X-Off", value: "é", disabled: true });
  let sent = "";
  const mode =
    edited.unseen ?? (edited.form ? "urlencoded" : edited.text === undefined ? undefined : "raw");
  const body = {
    mode,
    raw: edited.text,
    options: { raw: { language: "json" } },
    urlencoded: {
      all: () => (edited.form ?? []).map(([key, value]) => ({ key, value })),
    },
    isEmpty: () => false,
    update: (changed: { mode: string; raw: string }) => {
      if (changed.mode !== "raw") throw new Error("not replaced by text");
      sent = changed.raw;
    },
  };
  const skipped: string[] = [];
  const pm = {
    variables: { replaceIn: (text: string) => fill(text, around.variables) },
    request: {
      method: edited.method,
      auth: edited.auth && { type: edited.auth },
      authorizeUsing: () => undefined,
      url: { toString: () => url, update: (changed: string) => (url = changed) },
      headers: {
        all: () => headers,
        clear: () => (headers = []),
        add: (header: Header) => headers.push(header),
      },
      body: mode && body,
    },
    test: (name: string, check: () => void) => {
      try {
        check();
      } catch {
        skipped.push(name);
      }
    },
    execution: { skipRequest: () => skipped.push("skipped") },
  };
  runScript(script, around, { pm });
  const lines = headers.filter(({ disabled }) => !disabled);
  return wire(
    edited.method,
    fill(url, around.variables),
    lines.map(({ key, value }) => [key, value] as const),
    sent,
  );
};

export const bruno: Sandbox = async (script, edited, around) => {
  const headers: Record<string, string | null> = Object.fromEntries(edited.headers ?? []);
  const typed = Object.keys(headers).some((name) => /^content-type$/i.test(name));
  if (edited.form) headers["content-type"] = "application/x-www-form-urlencoded";
  else if (edited.unseen) headers["content-type"] = "multipart/form-data";
  else if (!typed) headers["content-type"] = edited.text === undefined ? null : "text/plain";
  let { url } = edited;
  let body: unknown =
    edited.text ??
    (edited.form ?? (edited.unseen ? [["a", "1"]] : undefined))?.map(([name, value]) => ({
      name,
      value,
      enabled: true,
    }));
  const req = {
    getAuthMode: () => edited.auth ?? "none",
    getUrl: () => url,
    setUrl: (changed: string) => (url = changed),
    getMethod: () => edited.method,
    getHeaders: () => headers,
    setHeader: (name: string, value: string) => (headers[name] = value),
    getBody: ({ raw }: { raw?: boolean }) => (raw ? body : undefined),
    setBody: (changed: string, { raw }: { raw?: boolean }) => (body = raw ? changed : undefined),
    getPathParams: () =>
      Object.entries(edited.parameters ?? {}).map(([name, value]) => ({ name, value })),
    setMaxRedirects: () => undefined,
  };
  const bru = {
    interpolate: (text: string) => fill(text, around.variables),
    getProcessEnv: () => undefined,
  };
  runScript(script, around, { req, bru, crypto: webcrypto });
  const lines = Object.entries(headers).filter(
    (line): line is [string, string] => line[1] !== null,
  );
  // What Bruno does after the script: variables once more, and axios's way with JSON.
  const json = lines.some(([name, value]) => /^content-type$/i.test(name) && /json/.test(value));
  const text = fill(String(body ?? ""), around.variables);
  return wire(edited.method, fill(url, around.variables), lines, json ? text.trim() : text);
};

interface Parameter {
  key: string;
  value?: string;
  disabled?: boolean;
}

/** What Insomnia's lists offer to a script. */
class List<T> {
  constructor(public items: T[]) {}
  filter(rule: (item: T) => boolean): T[] {
    return this.items.filter(rule);
  }
  map<U>(rule: (item: T) => U): U[] {
    return this.items.map(rule);
  }
  clear(): void {
    this.items = [];
  }
}

/** A URL with a template in it is kept as text; any other is parsed, and its query made a list. */
class InsomniaUrl {
  #url: URL | undefined;
  #text = "";
  #parameters: Parameter[] = [];

  constructor(text: string) {
    this.update(text);
  }
  update(text: string): void {
    this.#text = text;
    this.#url = /\{\{|\{%/.test(text) || !URL.canParse(text) ? undefined : new URL(text);
    // Those from before stay.
    for (const [key, value] of this.#url?.searchParams ?? []) this.#parameters.push({ key, value });
    if (this.#url) this.#url.search = "";
  }
  get query(): List<Parameter> {
    return new List(this.#parameters);
  }
  addQueryParams(list: Parameter[]): void {
    this.#parameters.push(...list);
  }
  removeQueryParams(names: string[]): void {
    this.#parameters = this.#parameters.filter(({ key }) => !names.includes(key));
  }
  toStringWithoutQuery(): string {
    return this.#url?.toString() ?? this.#text;
  }
}

/** How Insomnia spells a part of a URL: `%HH` as it stands, and all else as encodeURIComponent has it. */
const spell = (text: string, kept = ""): string =>
  text.replace(/%[\da-f]{2}|[^%]|%/giu, (part) =>
    (part.length === 3 && part.startsWith("%")) || kept.includes(part)
      ? part
      : encodeURIComponent(part),
  );

const spellParameter = ({ key, value }: Parameter): string =>
  value === undefined ? spell(key) : `${spell(key)}=${spell(value).replace(/%2C/gi, ",")}`;

export const insomnia: Sandbox = async (script, edited, around) => {
  const parameters = [
    { key: "list", value: "{{ _.id }},x" },
    { key: "off", value: "1", disabled: true },
  ];
  const url = new InsomniaUrl(edited.url);
  url.addQueryParams(parameters);
  const headers = new List<Header>(
    (edited.headers ?? []).map(([key, value]) => ({ key, value: value.replace("{{", "{{ _.") })),
  );
  const type = (value: string) => headers.items.push({ key: "Content-Type", value });
  if (edited.form) type("application/x-www-form-urlencoded");
  if (edited.unseen) type(edited.unseen);
  const fields = edited.form ?? (edited.unseen ? [["a", "1"] as const] : undefined);
  const list = (pairs: readonly Parameter[]) => new List([...pairs]);
  interface Body {
    mode?: string;
    raw?: string;
    urlencoded?: Parameter[];
  }
  const body: {
    mode?: string;
    raw?: string;
    urlencoded?: List<Parameter>;
    update(of: Body): void;
  } = {
    mode: fields ? "urlencoded" : edited.text === undefined ? undefined : "raw",
    raw: edited.text,
    urlencoded: fields && list(fields.map(([key, value]) => ({ key, value }))),
    update: ({ mode, raw, urlencoded }) =>
      void Object.assign(body, { mode, raw, urlencoded: urlencoded && list(urlencoded) }),
  };
  const request = {
    method: edited.method,
    url,
    headers,
    body,
    auth: { type: edited.auth ?? "noauth" },
    pathParameters: Object.entries(edited.parameters ?? {}).map(([name, value]) => ({
      name,
      value,
    })),
    addHeader: (header: Header) => headers.items.push(header),
  };
  const variables = {
    has: (name: string) => Object.hasOwn(around.variables, name),
    get: (name: string) => around.variables[name],
    replaceIn: (text: string) => {
      const filled = fill(text, around.variables);
      const left = /\{\{\s*(.*?)\s*\}\}/.exec(filled)?.[1];
      if (left !== undefined)
        throw new Error(`attempted to output null or undefined value: ${left}`);
      return filled;
    },
  };
  const globals = { insomnia: { request, variables }, crypto: webcrypto };
  await runScript(`(async () => {\n${script}\n})()`, around, globals);

  // What Insomnia does after the script.
  const base = new URL(url.toStringWithoutQuery());
  base.pathname = base.pathname
    .split("/")
    .map((part) => spell(part, ":@$+,;="))
    .join("/");
  const sent = url.query.filter(({ key, disabled }) => key !== "" && !disabled);
  base.search = sent.map(spellParameter).join("&");
  const content =
    body.mode === "urlencoded"
      ? new URLSearchParams(
          body.urlencoded?.map(({ key, value = "" }): [string, string] => [key, value]),
        ).toString()
      : (body.raw ?? "");
  const lines = headers.filter(({ disabled }) => !disabled);
  return wire(
    edited.method,
    base.toString(),
    lines.map(({ key, value }) => [key, value] as const),
    content,
  );
};

interface Folder {
  readonly scripts: { readonly preRequest: string };
}

/** The script as it stands in an export. */
export const scriptOf = {
  postman: (out: string): string => {
    const { event } = JSON.parse(readFileSync(out, "utf8")) as {
      event: [{ listen: string; script: { exec: string[] } }];
    };
    return event[0].script.exec.join("\n");
  },
  bruno: (out: string): string => {
    const text = readFileSync(join(out, "collection.bru"), "utf8");
    const [, block = ""] = /^script:pre-request \{\n([\s\S]*?)^\}/m.exec(text) ?? [];
    return block.replace(/^ {2}/gm, "");
  },
  insomnia: (out: string): string => insomniaFolder(out).scripts.preRequest,
};

/** The first level of the file is YAML, all below is JSON. */
export function insomniaFolder<T extends Folder>(out: string): T {
  const text = readFileSync(out, "utf8");
  const [, collection = ""] = /^collection:\n([\s\S]*?)^environments:/m.exec(text) ?? [];
  return (JSON.parse(collection) as [T])[0];
}
