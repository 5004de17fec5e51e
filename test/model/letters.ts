import type { Random } from "../interop/random.js";
import { ruleOf, servesMethod, type Application, type Route } from "./application.js";
import { formatOf, type Format } from "./formats.js";
import type { Parts } from "./model.js";
import { Signing, spoilt, type Lines, type Sending } from "./signing.js";

const METHODS = ["GET", "HEAD", "POST", "PUT", "DELETE"];
const HOSTS = ["a.test", "b.test"];
/** Replays and moves take one of so many that were signed last. */
const REMEMBERED = 20;

/** Makes requests to one application, one after the other. */
export class Letters {
  readonly #random: Random;
  readonly #application: Application;
  readonly #nowMs: () => number;
  readonly #signing = new Signing();
  /** As they were signed, newest last; not all of them were sent. */
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
    if (dice < 60) return { ...this.#earlier(), kind: "replayed", about: "the same bytes" };
    const letter = random.chance(2) ? this.#genuine() : this.#earlier();
    if (dice < 76) return this.#moved(letter);
    if (dice < 88) return this.#altered(letter);
    if (dice < 94) return this.#ofTwoSchemes() ?? letter;
    if (dice < 97) return { ...letter, kind: "override", about: "unsigned", override: true };
    // Credentials may stand in the query.
    const bare = { target: letter.route.path, lines: [], shown: [] };
    return { ...letter, kind: "without credentials", about: "", ...bare };
  }

  #earlier(): Sending {
    const recent = this.#signed.slice(-REMEMBERED);
    return recent.length === 0 ? this.#genuine() : this.#random.pick(recent);
  }

  #genuine(): Sending {
    const random = this.#random;
    const { routes, schemes, middleware } = this.#application;
    const route = random.pick(routes);
    const rule = ruleOf(this.#application, route);
    const wanted = middleware === "none" || random.chance(3) ? rule.schemes : schemes.slice(0, 1);
    const format = formatOf(random.pick(random.chance(8) ? schemes : wanted));
    const parts = this.#parts(route, format);
    const canPresign = format.presigns === true && "GET HEAD".includes(parts.method);
    if (canPresign && random.chance(rule.presigned === undefined ? 12 : 2))
      return this.#presigned(parts, route, format);
    const by = this.#by(format, route);
    const { lines, credential } = this.#signing.sign(parts, by, { nonce: random.chance(2) });
    return this.#keep({ ...parts, ...this.#plain(route), about: "", lines, shown: [credential] });
  }

  #presigned(parts: Parts, route: Route, format: Format): Sending {
    const random = this.#random;
    const lives = random.pick([60, 300, 301, 600]);
    const singleUse = format.name === "lacre1" && random.chance(2);
    const by = this.#by(format, route);
    const { target, credential } = this.#signing.presign(parts, by, lives, singleUse);
    const about = `presigned for ${lives} s${singleUse ? ", single use" : ""}`;
    const shown = [credential];
    return this.#keep({ ...parts, ...this.#plain(route), about, target, content: "", shown });
  }

  #keep(sending: Sending): Sending {
    this.#signed.push(sending);
    if (this.#signed.length > REMEMBERED) this.#signed.shift();
    return sending;
  }

  #plain(route: Route): Pick<Sending, "kind" | "route" | "override" | "lines"> {
    return { kind: "genuine", route, override: false, lines: [] };
  }

  /** What nobody signed yet. */
  #parts(route: Route, format: Format): Parts {
    const random = this.#random;
    const method = random.pick(METHODS.filter((name) => servesMethod(route, name)));
    const count = ++this.#count;
    const hasContent =
      format.covers.content !== "none" &&
      random.chance(method === "GET" || method === "HEAD" ? 8 : 2);
    const takesText = !this.#application.schemes.map(formatOf).some((each) => each.sendsNoText);
    const json = `{"n":${count},"of":"${"x".repeat(random.below(20))}"}`;
    const hasTenant = ruleOf(this.#application, route).signsTenant
      ? !random.chance(6)
      : random.chance(4);
    return {
      method,
      target: `${route.path}?n=${count}`,
      host: random.pick(HOSTS),
      content: !hasContent ? "" : takesText && random.chance(3) ? `text ${count}` : json,
      ...(hasTenant && { tenant: `t${count}` }),
    };
  }

  /** One that has a key for the scheme; mostly now, or near the end of a window. */
  #by(format: Format, route: Route): Parameters<Signing["sign"]>[1] {
    const random = this.#random;
    const { settings, apps } = this.#application;
    const caller = random.pick(apps.filter(({ keys }) => keys[format.name] !== undefined));
    const nowMs = this.#nowMs();
    if (!random.chance(4)) return { format, caller, atMs: nowMs };
    const { maxAge = settings.maxAge } = ruleOf(this.#application, route);
    const age = random.pick([maxAge, format.maxAge ?? settings.maxAge, settings.maxAge]);
    const skew = format.futureSkew ?? settings.futureSkew;
    const past = [-age, -age - 1, 1 - age, -random.below(age)];
    const seconds = random.pick([...past, skew, skew + 1, skew + random.below(200)]);
    return { format, caller, atMs: nowMs + seconds * 1000 };
  }

  /** The same credentials at another route, under another method, at another host. */
  #moved(letter: Sending): Sending {
    const random = this.#random;
    const others = this.#application.routes.filter(({ name }) => name !== letter.route.name);
    const way = random.below(others.length === 0 ? 2 : 4);
    if (way === 0) {
      const host = HOSTS.find((other) => other !== letter.host) ?? "";
      return { ...letter, kind: "moved", about: "another host", host };
    }
    const route = way === 1 ? letter.route : random.pick(others);
    const methods = METHODS.filter((name) => servesMethod(route, name));
    const keeps = way > 1 && methods.includes(letter.method);
    const method = keeps ? letter.method : random.pick(methods);
    const target = route.path + letter.target.slice(letter.target.indexOf("?"));
    const about = way === 1 ? "another method" : "another route";
    return { ...letter, kind: "moved", about, route, method, target };
  }

  /** One change to what the MAC covers, or to the credentials. */
  #altered(letter: Sending): Sending {
    const random = this.#random;
    const [credential] = letter.shown;
    if (credential === undefined) throw new Error("nobody signed it");
    const { format, lives, signed, appId } = credential;
    const { method, content, target, route } = letter;
    const changes: [about: string, change: () => Partial<Sending>][] = [
      ["content added or removed", () => ({ content: content === "" ? '{"n":0}' : "" })],
    ];
    const methods = METHODS.filter((name) => name !== method && servesMethod(route, name));
    if (format.covers.method && methods.length > 0)
      changes.push(["method", () => ({ method: random.pick(methods) })]);
    if (format.covers.target)
      changes.push(["query", () => ({ target: target.replace("?n=", "?n=1") })]);
    if (format.covers.tenant && signed.tenant !== undefined)
      changes.push(["tenant", () => ({ tenant: `${signed.tenant}0` })]);
    if (content !== "")
      changes.push([
        "content",
        () => ({ content: content.replace(/\d/, (digit) => String((Number(digit) % 9) + 1)) }),
      ]);
    const places: [string, Format["mac"] | undefined, (rest: string) => string][] = [
      ["time", format.time, (rest) => String((Number(rest[0]) + 1) % 10) + rest.slice(1)],
      ["MAC", format.mac, (rest) => (rest.startsWith("0") ? "1" : "0") + rest.slice(1)],
      ["AppId", format.appId, (rest) => rest.replace(appId, this.#otherThan(appId))],
    ];
    for (const [about, place, put] of places)
      if (place !== undefined && lives === undefined)
        changes.push([
          about,
          () => ({
            lines: spoilt(letter.lines, place, put),
            shown: [{ ...credential, spoilt: true }],
          }),
        ]);
    const [about, change] = random.pick(changes);
    return { ...letter, kind: "altered", about, ...change() };
  }

  #otherThan(appId: string): string {
    const known = this.#application.apps.map((app) => app.appId);
    return this.#random.pick([...known, "nobody"].filter((other) => other !== appId));
  }

  /** Credentials of a scheme that the route takes, beside those of another. */
  #ofTwoSchemes(): Sending | undefined {
    const random = this.#random;
    const { schemes, routes } = this.#application;
    const route = random.pick(routes);
    const format = formatOf(random.pick(ruleOf(this.#application, route).schemes));
    const others = schemes.map(formatOf).filter(({ name }) => name !== format.name);
    if (others.length === 0) return undefined;
    const other = random.pick(others);
    // Twins would write one header.
    if (other.reads === format.reads && other.reads !== "authorization") return undefined;
    const parts = this.#parts(route, format.covers.content === "none" ? format : other);
    const first = this.#signing.sign(parts, this.#by(other, route));
    const further = first.lines.filter(([name]) => !isDigest(name));
    const second = this.#signing.sign(parts, this.#by(format, route), { further });
    // A digest that one of them sets is a header that the other has not signed.
    const isOpen = [...first.lines, ...second.lines].some(([name]) => isDigest(name));
    const lines: Lines = [...second.lines, ...first.lines.filter(([name]) => !isDigest(name))];
    const digests = first.lines.filter(([name]) => isDigest(name));
    const isDigested = second.lines.some(([name]) => isDigest(name));
    return {
      ...parts,
      ...this.#plain(route),
      kind: "two schemes",
      about: `${other.name} beside ${format.name}`,
      lines: isDigested ? lines : [...lines, ...digests],
      shown: [second, first].map(({ credential }) => ({ ...credential, open: isOpen })),
    };
  }
}

const isDigest = (name: string): boolean => name.toLowerCase() === "content-digest";
