import { type HttpServer, VERSION_NEUTRAL } from "@nestjs/common";
import type { RoutePolicy } from "@lacre/core";
import type { Attempt, Gate } from "@lacre/node";
import type { RouteTable } from "../route-table.js";
import type { Route } from "../route.js";
import { takesHost } from "./bound-hosts.js";

/** What a router knows of a request, asked only where it may be a first contact. */
export interface Reachable {
  /** The handlers that the request can reach, the first that takes it first. */
  readonly own: () => readonly object[];
  /** Those that it could reach with another method; asked where the application has no handler of its own for it. */
  readonly others: () => readonly object[];
  /** The name of the host, as the framework has it. */
  readonly hostname: () => string;
}

/** Of one controller, where its method is the handler of a route. */
interface Mark {
  /** Undefined where nothing verifies its requests. */
  readonly rule: RoutePolicy | undefined;
  /** What the controller is bound to. */
  readonly host: unknown;
}

/**
 * Answers unsigned first contacts before any router: a sender asks by GET where the application has but the POST of its
 * messages. Those that are signed are for the guard, which knows the route.
 */
export class ContactDoor {
  /** Metadata on a route's handler: a mark for each controller that has it. */
  readonly #marks = Symbol("lacre first contacts");
  readonly #gate: Gate;
  /** Whether there is anything to answer. */
  readonly isNeeded: boolean;

  constructor(gate: Gate, { routes }: RouteTable) {
    this.#gate = gate;
    this.isNeeded = gate.contacts.exist;
    if (this.isNeeded) for (const route of routes) this.#mark(route);
  }

  #mark({ controller, handler, policy, isVerified }: Route): void {
    const host: unknown = Reflect.getMetadata(HOST, controller);
    const mark: Mark = { rule: isVerified ? policy : undefined, host };
    Reflect.defineMetadata(this.#marks, [...this.#marksOf(handler), mark], handler);
  }

  #marksOf(handler: object): readonly Mark[] {
    return (Reflect.getMetadata(this.#marks, handler) ?? []) as readonly Mark[];
  }

  /**
   * Answers a first contact, where exactly one of the rules for it takes one like it. Which it is where there are more,
   * only the guard can tell; so it is where a route takes only some hosts or versions, and which is not known.
   * @param goOn called where it is none
   * @param done called with the error of one that is turned away, or without where the guard is to decide
   */
  greet(
    attempt: Attempt,
    reachable: Reachable,
    goOn: () => void,
    done: (error?: unknown) => void,
  ): void {
    const { contacts } = this.#gate;
    if (!contacts.mayBeUnsigned(attempt)) return goOn();
    const { handlers, isSure } = this.#reached(reachable);
    const rules = new Set(
      handlers.flatMap((each) => this.#marksOf(each)).flatMap(({ rule }) => rule ?? []),
    );
    const [rule, ...more] = [...rules].filter((each) => contacts.mayBeUnsigned(attempt, each));
    if (rule === undefined) return goOn();
    if (more.length > 0 || !isSure) return done();
    void this.#answer(attempt, rule, goOn, done);
  }

  /** The handlers that may take a request, or else would with another method; and whether they are known to. */
  #reached({ own, others, hostname }: Reachable): { handlers: object[]; isSure: boolean } {
    const name = hostname();
    const mayTake = (handler: object): boolean =>
      this.#marksOf(handler).length > 0 && this.#takes(handler, name) !== false;
    const found = own().filter(mayTake);
    const [first] = found;
    if (first !== undefined)
      return this.#takes(first, name) === true
        ? { handlers: [first], isSure: true }
        : { handlers: found, isSure: false };
    const handlers = others().filter(mayTake);
    const hosts = handlers.flatMap((each) => this.#marksOf(each)).map(({ host }) => String(host));
    const isSure = handlers.every((each) => this.#takes(each, name) === true);
    return { handlers, isSure: isSure && new Set(hosts).size <= 1 };
  }

  /** Whether the router gives a handler requests for this host, in whatever version; undefined where it is not known. */
  #takes(handler: object, hostname: string): boolean | undefined {
    const taken = new Set(this.#marksOf(handler).map(({ host }) => takesHost(host, hostname)));
    const [takes, ...more] = taken;
    if (more.length > 0) return undefined; // it is inherited: whose it is here, the router knows
    return takes === true && VERSIONED in handler ? undefined : takes;
  }

  async #answer(
    attempt: Attempt,
    rule: RoutePolicy,
    goOn: () => void,
    done: (error?: unknown) => void,
  ): Promise<void> {
    try {
      if ((await this.#gate.contacts.greet(attempt, rule)) !== undefined) return;
    } catch (error) {
      return done(error);
    }
    goOn();
  }
}

/** The key under which Nest's `@Controller({ host })` leaves its metadata. */
const HOST = "host";
/** On a handler that takes some versions alone, by a header, a media type or the application's own word. */
const VERSIONED = Symbol("lacre versioned");

/** Notes which handlers ask for a version that is not in the path, where Nest has the adapter filter them. */
export function markVersioned(adapter: HttpServer): void {
  const filter = adapter.applyVersionFilter?.bind(adapter);
  if (filter === undefined) return;
  adapter.applyVersionFilter = (handler, version, options) => {
    const filtered = filter(handler, version, options);
    return version === VERSION_NEUTRAL ? filtered : Object.assign(filtered, { [VERSIONED]: true });
  };
}
