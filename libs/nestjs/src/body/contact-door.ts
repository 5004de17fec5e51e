import type { RoutePolicy } from "@lacre/core";
import type { Attempt, Gate } from "@lacre/node";
import type { RouteTable } from "../route-table.js";
import type { Route } from "../route.js";

/**
 * Answers unsigned first contacts before any router: a sender asks by GET where the application has but the POST of its
 * messages. Those that are signed are for the guard, which knows the route.
 */
export class ContactDoor {
  /** Metadata on a route's handler: its rules; none where nothing verifies its requests. */
  readonly #rules = Symbol("lacre first contacts");
  readonly #gate: Gate;
  /** Whether there is anything to answer. */
  readonly isNeeded: boolean;

  constructor(gate: Gate, { routes }: RouteTable) {
    this.#gate = gate;
    this.isNeeded = gate.contacts.exist;
    if (this.isNeeded) for (const route of routes) this.#mark(route);
  }

  #mark({ handler, policy, isVerified }: Route): void {
    const before = this.#rulesOf(handler);
    Reflect.defineMetadata(this.#rules, isVerified ? [...before, policy] : before, handler);
  }

  #rulesOf(handler: object): readonly RoutePolicy[] {
    return (Reflect.getMetadata(this.#rules, handler) ?? []) as readonly RoutePolicy[];
  }

  /**
   * Answers a first contact, where exactly one of the rules for it takes one like it. Which it is where there are more,
   * only the guard can tell.
   * @param own the handlers that the request can reach
   * @param others those that it could reach with another method; asked where the application has no handler of its own for
   *   the request
   * @param goOn called where it is none
   * @param done called with the error of one that is turned away, or without where the guard is to decide
   */
  greet(
    attempt: Attempt,
    { own, others }: Record<"own" | "others", () => readonly object[]>,
    goOn: () => void,
    done: (error?: unknown) => void,
  ): void {
    const { contacts } = this.#gate;
    if (!contacts.mayBeUnsigned(attempt)) return goOn();
    const first = own().find((handler) => Reflect.hasMetadata(this.#rules, handler));
    const rules = (first === undefined ? others() : [first]).flatMap((each) => this.#rulesOf(each));
    const [rule, ...more] = new Set(rules.filter((each) => contacts.mayBeUnsigned(attempt, each)));
    if (rule === undefined) return goOn();
    if (more.length > 0) return done();
    void this.#answer(attempt, rule, goOn, done);
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
