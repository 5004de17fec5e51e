import { Signer } from "@lacre/core";
import type { WireRequest } from "../support/wire.js";
import type { Application, Route } from "./application.js";
import type { Format } from "./formats.js";
import type { Credential, Letter, Parts } from "./model.js";
import { signWithoutNonce } from "./rfc9421-by-hand.js";

export type Lines = readonly (readonly [name: string, value: string])[];

/** A request as it is sent, with what the model must know of it. */
export interface Sending extends Letter {
  readonly kind: Kind;
  /** What was done to it. */
  readonly about: string;
  readonly route: Route;
  /** The header lines that carry the credentials. */
  readonly lines: Lines;
}

export const KINDS = [
  "genuine",
  "replayed",
  "moved",
  "altered",
  "two schemes",
  "without credentials",
  "override",
] as const;
type Kind = (typeof KINDS)[number];

const OVERRIDES = ["X-HTTP-Method-Override", "X-Method-Override", "X-HTTP-Method"];

export function wireOf(sending: Sending): WireRequest {
  const { method, target, host, content, lines, route, override } = sending;
  return {
    method,
    target,
    headers: [
      ["Host", host],
      ...headersOf(sending),
      ...(route.version === undefined ? [] : [["X-Version", route.version] as const]),
      ...(override ? [[OVERRIDES[content.length % 3] ?? "", "DELETE"] as const] : []),
      ...lines,
    ],
    ...(content !== "" && { body: Buffer.from(content) }),
  };
}

const typeOf = (content: string): string | undefined =>
  content === "" ? undefined : content.startsWith("{") ? "application/json" : "text/plain";

function headersOf({ tenant, content }: Parts): [string, string][] {
  const type = typeOf(content);
  return [
    ...(tenant === undefined ? [] : [["X-Tenant", tenant] as [string, string]]),
    ...(type === undefined ? [] : [["Content-Type", type] as [string, string]]),
  ];
}

/** By whom, and when: ms of the signer's clock. */
interface By {
  readonly format: Format;
  readonly caller: Application["apps"][number];
  readonly atMs: number;
}

/** Signs with the keys of one application. */
export class Signing {
  readonly #signers = new Map<string, Signer>();
  #atMs = 0;

  /** The credentials of one scheme, and the header lines that carry them. `further`: other headers to be sent. */
  sign(parts: Parts, by: By, { further = [], nonce = true }: SignOptions = {}): Signed {
    const { format, caller, atMs } = by;
    const { appId } = caller;
    const { method, target, host, tenant, content } = parts;
    const claimedAt = Math.floor(atMs / 1000);
    const url = `http://${host}/`;
    const headers = [...headersOf(parts), ...further];
    const apiKey = caller.keys[format.name] ?? "";
    const lines: Lines =
      format.name === "rfc9421" && !nonce
        ? signWithoutNonce(parts, typeOf(content), { appId, apiKey, created: claimedAt })
        : this.#signer(by).sign({ method, url, target, headers, content: Buffer.from(content) })
            .headers;
    const hasNonce = format.nonce || lines.some(([, value]) => value.includes(';nonce="'));
    const signed = { method, target, host, content, ...(tenant !== undefined && { tenant }) };
    const onceKey = onceKeyOf(by, signed, hasNonce ? lines : []);
    const { scopes } = caller;
    return {
      lines,
      credential: { format, appId, scopes, claimedAt, signed, nonce: hasNonce, onceKey },
    };
  }

  /** Credentials in a URL: the target that has them. */
  presign(
    { method, host, target }: Parts,
    by: By,
    lives: number,
    singleUse: boolean,
  ): { target: string; credential: Credential } {
    const { format, caller, atMs } = by;
    const { appId, scopes } = caller;
    const origin = `http://${host}`;
    const signedMethod = method === "HEAD" && format.name !== "hawk" ? "HEAD" : "GET";
    const { url } = this.#signer(by).presign({
      url: origin + target,
      expiresSeconds: lives,
      method: signedMethod,
      ...(singleUse && { singleUse }),
    });
    const whole = url.slice(origin.length);
    const signed = { method: signedMethod, target: whole, host, content: "" };
    const claimedAt = Math.floor(atMs / 1000);
    return {
      target: whole,
      credential: {
        format,
        appId,
        scopes,
        claimedAt,
        signed,
        nonce: singleUse,
        lives,
        onceKey: whole,
      },
    };
  }

  #signer({ format, caller, atMs }: By): Signer {
    this.#atMs = atMs;
    const name = `${format.name} ${caller.appId}`;
    let signer = this.#signers.get(name);
    if (signer === undefined) {
      const clock = { nowMs: () => this.#atMs };
      signer = new Signer({
        appId: caller.appId,
        apiKey: caller.keys[format.name] ?? "",
        scheme: format.scheme(clock),
        clock,
        ...(format.name !== "lacre1" && { encoding: format.encoding }),
      });
      this.#signers.set(name, signer);
    }
    return signer;
  }
}

interface SignOptions {
  readonly further?: Lines;
  /** Whether a scheme in which that is free makes a nonce. */
  readonly nonce?: boolean;
}

interface Signed {
  readonly lines: Lines;
  readonly credential: Credential;
}

/** What a scheme takes once: its nonce or id, which is somewhere in its header lines, or what was signed. */
function onceKeyOf({ format, caller, atMs }: By, parts: Parts, nonceIn: Lines): string {
  const { covers, name, remember } = format;
  const { method, target, host, tenant, content } = parts;
  return JSON.stringify([
    name,
    caller.appId,
    remember === undefined && Math.floor(atMs / 1000),
    covers.method && method,
    covers.target && target,
    covers.host && host,
    covers.tenant && tenant,
    content,
    nonceIn,
  ]);
}

/** Changes what follows a place in one header, and refuses to change nothing. */
export function spoilt(
  lines: Lines,
  [header, upTo]: Format["mac"],
  put: (rest: string) => string,
): Lines {
  const changed = lines.map(([name, value]) => {
    if (name.toLowerCase() !== header) return [name, value] as const;
    const found = upTo.exec(value);
    if (found === null) throw new Error(`${header} has no ${upTo}: ${value}`);
    const end = found.index + found[0].length;
    return [name, value.slice(0, end) + put(value.slice(end))] as const;
  });
  if (JSON.stringify(changed) === JSON.stringify(lines)) throw new Error(`${header} is not spoilt`);
  return changed;
}
