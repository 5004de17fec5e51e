import { Signer } from "@lacre/core";
import type { Random } from "../interop/random.js";
import type { WireRequest } from "../support/wire.js";
import { ruleOf, servesMethod, type Application, type Route } from "./application.js";
import { formatOf, type Format } from "./formats.js";
import type { Credential, Letter } from "./model.js";

export const KINDS = [
  "genuine",
  "replayed",
  "moved",
  "altered",
  "two schemes",
  "without credentials",
  "override",
] as const;
export type Kind = (typeof KINDS)[number];

type Lines = readonly (readonly [name: string, value: string])[];

/** A request as it is sent, with what the model must know of it. */
export interface Sending extends Letter {
  readonly kind: Kind;
  /** What was done to it. */
  readonly about: string;
  readonly route: Route;
  /** The header lines that carry the credentials. */
  readonly lines: Lines;
}

const METHODS = ["GET", "HEAD", "POST", "PUT", "DELETE"];
const HOSTS = ["a.test", "b.test"];
const OTHER_HEADERS = ["x-http-method-override", "x-method-override", "x-http-method"];

export function wireOf({
  method,
  target,
  host,
  tenant,
  content,
  lines,
  route,
  override,
}: Sending): WireRequest {
  return {
    method,
    target,
    headers: [
      ["Host", host],
      ...headersOf(tenant, content),
      ...(route.version === undefined ? [] : [["X-Version", route.version] as const]),
      ...(override ? [[OTHER_HEADERS[content.length % 3] ?? "", "DELETE"] as const] : []),
      ...lines,
    ],
    ...(content !== "" && { body: Buffer.from(content) }),
  };
}

const headersOf = (tenant: string | undefined, content: string): [string, string][] => [
  ...(tenant === undefined ? [] : [["X-Tenant", tenant] as [string, string]]),
  ...(content === ""
    ? []
    : [
        ["Content-Type", content.startsWith("{") ? "application/json" : "text/plain"] as [
          string,
          string,
        ],
      ]),
];

/** Makes requests to one application, one after the other. */
export class Letters {
  readonly #random: Random;
  readonly #application: Application;
  readonly #nowMs: () => number;
  readonly #signers = new Map<string, Signer>();
  /** What was signed, newest last, as it was signed; not all of it was sent. */
  readonly #signed: Sending[] = [];
  #count = 0;

  constructor(random: Random, application: Application, nowMs: () => number) {
    this.#random = random;
    this.#application = application;
    this.#nowMs = nowMs;
  }

  next(): Sending {
    const random = this.#random;
    const dice = random.below(100);
    if (dice < 42) return this.#genuine();
    if (dice < 60) return { ...this.#earlier(), kind: "replayed", about: "the same bytes again" };
    if (dice < 76) return this.#moved(random.chance(2) ? this.#genuine() : this.#earlier());
    if (dice < 88) return this.#altered(random.chance(2) ? this.#genuine() : this.#earlier());
    if (dice < 94) return this.#ofTwoSchemes();
    const letter = random.chance(2) ? this.#genuine() : this.#earlier();
    if (dice < 97) return { ...letter, kind: "override", about: "an override", override: true };
    return {
      ...letter,
      kind: "without credentials",
      about: "",
      target: letter.route.path,
      lines: [],
      shown: [],
    };
  }

  #earlier(): Sending {
    const recent = this.#signed.slice(-20);
    return recent.length === 0 ? this.#genuine() : this.#random.pick(recent);
  }

  #genuine(): Sending {
    const random = this.#random;
    const { routes, schemes, middleware } = this.#application;
    const route = random.pick(routes);
    const rule = ruleOf(this.#application, route);
    const wanted = middleware === "none" || random.chance(3) ? rule.schemes : schemes.slice(0, 1);
    const format = formatOf(random.pick(random.chance(8) ? schemes : wanted));
    const blank = this.#blank(route, format);
    const mayPresign = format.presigns === true && "GETHEAD".includes(blank.method);
    if (mayPresign && random.chance(rule.presigned === undefined ? 12 : 2))
      return this.#presigned(blank, format);
    return this.#sign({ ...blank, kind: "genuine", about: "" }, format);
  }

  /** A request that nobody signed yet. */
  #blank(route: Route, format: Format): Omit<Sending, "kind" | "about"> {
    const random = this.#random;
    const method = random.pick(METHODS.filter((name) => servesMethod(route, name)));
    const count = ++this.#count;
    const withContent = random.chance(method === "GET" || method === "HEAD" ? 8 : 2);
    const content = random.chance(3)
      ? `text ${count}`
      : `{"n":${count},"of":"${"x".repeat(random.below(20))}"}`;
    const signsTenant = ruleOf(this.#application, route).signsTenant;
    return {
      route,
      method,
      target: `${route.path}?n=${count}`,
      host: random.pick(HOSTS),
      content: withContent && format.covers.content !== "none" ? content : "",
      ...((signsTenant ? !random.chance(6) : random.chance(4)) && { tenant: `t${count}` }),
      override: false,
      lines: [],
      shown: [],
    };
  }

  /** The moment of signing, in ms: mostly now, or near the end of a window. */
  #moment(format: Format, route: Route): number {
    const random = this.#random;
    const { maxAge, futureSkew } = this.#application.settings;
    if (!random.chance(4)) return this.#nowMs();
    const age =
      random.pick([ruleOf(this.#application, route).maxAge, format.maxAge, maxAge]) ?? maxAge;
    const skew = format.futureSkew ?? futureSkew;
    const seconds = random.pick([
      -age,
      -age - 1,
      -age + 1,
      skew,
      skew + 1,
      -random.below(age),
      skew + random.below(200),
    ]);
    return this.#nowMs() + seconds * 1000;
  }

  #signer(format: Format, appId: string): Signer {
    const { apps } = this.#application;
    const apiKey = apps.find((app) => app.appId === appId)?.keys[format.name];
    if (apiKey === undefined) throw new Error(`${appId} has no key for ${format.name}`);
    let signer = this.#signers.get(`${format.name} ${appId}`);
    if (signer === undefined) {
      signer = new Signer({
        appId,
        apiKey,
        scheme: format.scheme({ nowMs: this.#nowMs }),
        clock: { nowMs: () => this.#signingMs },
        ...(format.name !== "lacre1" && { encoding: format.encoding }),
      });
      this.#signers.set(`${format.name} ${appId}`, signer);
    }
    return signer;
  }
  #signingMs = 0;

  #caller(format: Format): { appId: string; scopes: readonly string[] } {
    return this.#random.pick(
      this.#application.apps.filter(({ keys }) => keys[format.name] !== undefined),
    );
  }

  /** Adds credentials of one scheme to a request. */
  #sign(letter: Sending, format: Format, further: Lines = []): Sending {
    const { appId, scopes } = this.#caller(format);
    const { method, target, host, tenant, content } = letter;
    this.#signingMs = this.#moment(format, letter.route);
    const claimedAt = Math.floor(this.#signingMs / 1000);
    const { headers } = this.#signer(format, appId).sign({
      method,
      url: `http://${host}/`,
      target,
      headers: [...headersOf(tenant, content), ...further],
      content: Buffer.from(content),
    });
    const lines: Lines = headers;
    const isNonce =
      format.nonce ||
      lines.some(([name, value]) => /^signature-input$/i.test(name) && /;nonce="/.test(value));
    const signed = { method, target, host, content, ...(tenant !== undefined && { tenant }) };
    const credential: Credential = {
      format,
      appId,
      scopes,
      claimedAt,
      signed,
      nonce: isNonce,
      onceKey: onceKeyOf(format, appId, claimedAt, signed, isNonce ? lines : []),
    };
    const sending = { ...letter, lines, shown: [credential] };
    if (further.length === 0) this.#signed.push(sending);
    return sending;
  }

  #presigned(letter: Omit<Sending, "kind" | "about">, format: Format): Sending {
    const random = this.#random;
    const { route, host, method, target } = letter;
    const { appId, scopes } = this.#caller(format);
    this.#signingMs = this.#moment(format, route);
    const expiresSeconds = random.pick([60, 300, 301, 600]);
    const singleUse = format.name === "lacre1" && random.chance(2);
    const { url } = this.#signer(format, appId).presign({
      url: `http://${host}${target}`,
      expiresSeconds,
      ...(format.name !== "hawk" && { method: method as "GET" | "HEAD" }),
      ...(singleUse && { singleUse }),
    });
    const whole = url.slice(`http://${host}`.length);
    const signed = {
      method: format.name === "hawk" ? "GET" : method,
      target: whole,
      host,
      content: "",
    };
    const credential: Credential = {
      format,
      appId,
      scopes,
      claimedAt: Math.floor(this.#signingMs / 1000),
      signed,
      nonce: singleUse,
      lives: expiresSeconds,
      onceKey: whole,
    };
    const sending: Sending = {
      ...letter,
      kind: "genuine",
      about: `presigned for ${expiresSeconds} s${singleUse ? ", for once" : ""}`,
      target: whole,
      content: "",
      shown: [credential],
    };
    this.#signed.push(sending);
    return sending;
  }

  /** The same credentials at another route, under another method, at another host. */
  #moved(letter: Sending): Sending {
    const random = this.#random;
    const routes = this.#application.routes.filter(({ name }) => name !== letter.route.name);
    const way = random.below(routes.length === 0 ? 2 : 4);
    if (way === 0) {
      const host = HOSTS.find((other) => other !== letter.host) ?? "";
      return { ...letter, kind: "moved", about: "another host", host };
    }
    const route = way === 1 ? letter.route : random.pick(routes);
    const methods = METHODS.filter((method) => servesMethod(route, method));
    const method =
      way > 1 && methods.includes(letter.method) ? letter.method : random.pick(methods);
    const query = letter.target.slice(letter.target.indexOf("?"));
    return {
      ...letter,
      kind: "moved",
      about: "another route or method",
      route,
      method,
      target: route.path + query,
    };
  }

  /** One change to what the MAC covers, or to the credentials. */
  #altered(letter: Sending): Sending {
    const random = this.#random;
    const [credential] = letter.shown;
    if (credential === undefined) return letter;
    const { format, lives } = credential;
    const { covers } = format;
    const altered = (about: string, change: Partial<Sending>): Sending => ({
      ...letter,
      kind: "altered",
      about,
      ...change,
    });
    const methods = METHODS.filter(
      (name) => name !== letter.method && servesMethod(letter.route, name),
    );
    const changes: (() => Sending)[] = [
      () =>
        altered("content added or removed", { content: letter.content === "" ? '{"n":0}' : "" }),
    ];
    if (covers.method && methods.length > 0)
      changes.push(() => altered("method", { method: random.pick(methods) }));
    if (covers.target)
      changes.push(() => altered("query", { target: letter.target.replace("?n=", "?n=1") }));
    if (covers.tenant && credential.signed.tenant !== undefined)
      changes.push(() => altered("tenant", { tenant: `${letter.tenant}0` }));
    if (letter.content !== "")
      changes.push(() =>
        altered("content", {
          content: letter.content.replace(/\d/, (digit) => String((Number(digit) % 9) + 1)),
        }),
      );
    const spoil = (
      about: string,
      place: Format["mac"] | undefined,
      put: (next: string) => string,
    ): void => {
      if (place === undefined || lives !== undefined) return;
      changes.push(() =>
        altered(about, {
          lines: spoilt(letter.lines, place, put),
          shown: [{ ...credential, spoilt: true }],
        }),
      );
    };
    spoil("time", format.time, (rest) => String((Number(rest[0]) + 1) % 10) + rest.slice(1));
    spoil("MAC", format.mac, (rest) => (rest.startsWith("0") ? "1" : "0") + rest.slice(1));
    const other = random.pick(
      [...this.#application.apps.map(({ appId }) => appId), "nobody"].filter(
        (appId) => appId !== credential.appId,
      ),
    );
    spoil("AppId", format.appId, (rest) => rest.replace(credential.appId, other));
    return random.pick(changes)();
  }

  #ofTwoSchemes(): Sending {
    const random = this.#random;
    const { schemes } = this.#application;
    if (schemes.length < 2) return this.#genuine();
    const route = random.pick(this.#application.routes);
    const taken = formatOf(random.pick(ruleOf(this.#application, route).schemes));
    const second = formatOf(random.pick(schemes.filter((name) => name !== taken.name)));
    if (second.reads === taken.reads && second.reads !== "authorization") return this.#genuine();
    const base = {
      ...this.#blank(route, taken.covers.content === "none" ? taken : second),
      kind: "two schemes",
      about: `${second.name} beside ${taken.name}`,
    } as const;
    try {
      const further = this.#sign(base, second);
      const first = this.#sign(base, taken, further.lines);
      const digested = ({ lines }: Sending): boolean =>
        lines.some(([name]) => /^content-digest$/i.test(name));
      const names = new Set(first.lines.map(([name]) => name.toLowerCase()));
      return {
        ...first,
        lines: [
          ...first.lines,
          ...further.lines.filter(
            ([name]) => name.toLowerCase() === "authorization" || !names.has(name.toLowerCase()),
          ),
        ],
        shown: [
          ...first.shown.map((shown) => ({ ...shown, open: digested(further) })),
          ...further.shown.map((shown) => ({ ...shown, open: digested(first) })),
        ],
      };
    } catch {
      // Twins, or a header that both would set.
      return this.#genuine();
    }
  }
}

/** What a scheme takes once: its nonce or id, or what was signed. */
function onceKeyOf(
  format: Format,
  appId: string,
  claimedAt: number,
  { method, target, host, tenant, content }: Credential["signed"],
  nonceIn: Lines,
): string {
  const { covers, name, remember } = format;
  return JSON.stringify([
    name,
    appId,
    remember === undefined && claimedAt,
    covers.method && method,
    covers.target && target,
    covers.host && host,
    covers.tenant && tenant,
    content,
    nonceIn,
  ]);
}

/** Changes what follows a place in one header. */
function spoilt(lines: Lines, [header, upTo]: Format["mac"], put: (rest: string) => string): Lines {
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
