import {
  after,
  type Greeter,
  type Greeting,
  isPromise,
  type Maybe,
  type RoutePolicy,
  type Verifier,
} from "@lacre/core";
import { sendGreeting } from "./answers/greeting-answer.js";
import type { Attempt } from "./attempt.js";
import type { Entrance } from "./turnstile.js";
import type { Verdicts } from "./verdicts.js";

/** What a gate has to do with first contacts. */
export interface GreetingGate {
  readonly entrance: Entrance;
  readonly verifier: Pick<Verifier, "greeter">;
  readonly verdicts: Verdicts;
  /** An error of the framework, of what stopped a request. */
  errorOf(attempt: Attempt, cause: unknown, route: RoutePolicy): Error;
}

/** What senders send before any message: answered at the gate, below every framework. */
export class FirstContacts {
  readonly #gate: GreetingGate;
  readonly #greeter: Greeter;
  /** What others who ask wait for: what a contact brings is kept once, and it is answered once. */
  readonly #pending = new WeakMap<Attempt, Promise<Greeting | undefined>>();

  constructor(gate: GreetingGate) {
    this.#gate = gate;
    this.#greeter = gate.verifier.greeter;
  }

  /** Whether any scheme has such. */
  get exist(): boolean {
    return this.#greeter.greets;
  }

  /** Whether a request may be one that nobody has signed, by its head alone; under this rule, or else under any. */
  mayBeUnsigned({ arrival }: Attempt, route?: RoutePolicy): boolean {
    if (!this.exist || arrival.kind !== "readable") return false;
    return this.#greeter.mayBeStranger(arrival.verification, route);
  }

  /**
   * Whether a request is one whose MAC is right. It claims no nonce, so whoever would have it admitted asks first.
   * @throws Refusal, as a rejection too
   */
  isProven(attempt: Attempt, route: RoutePolicy): Maybe<boolean> {
    return this.exist && this.#greeter.isProven(attempt.ask(), route);
  }

  /**
   * Answers a first contact of a scheme that the route takes, where the request is one.
   * @returns undefined where it is none, and so is not answered
   * @throws what stopped it, as an error of the framework
   */
  greet(attempt: Attempt, route: RoutePolicy): Maybe<Greeting | undefined> {
    if (!this.exist) return undefined;
    const entered = this.#gate.entrance.enterUnder(attempt, route);
    return after(entered, () => this.greetEntered(attempt, route));
  }

  /** The same for one that the turnstile has let in. One resolver of several does not answer for all. */
  greetEntered(attempt: Attempt, route: RoutePolicy): Maybe<Greeting | undefined> {
    if (!this.exist) return undefined;
    const { standing, isShared } = attempt;
    if (standing.kind === "greeted") return standing.greeting;
    if (isShared) return undefined;
    const again = (made?: Greeting) => made ?? this.greetEntered(attempt, route);
    const pending = this.#pending.get(attempt);
    if (pending !== undefined) return pending.then(again, () => again());
    const refuse = (error: unknown): never => {
      throw this.#gate.errorOf(attempt, error, route);
    };
    try {
      const greeting = this.#greeter.greet(attempt.ask(), route);
      if (!isPromise(greeting)) return this.#answer(attempt, greeting);
      const answer = greeting
        .then((made) => this.#answer(attempt, made), refuse)
        .finally(() => this.#pending.delete(attempt));
      this.#pending.set(attempt, answer);
      return answer;
    } catch (error) {
      return refuse(error);
    }
  }

  #answer(attempt: Attempt, greeting: Greeting | undefined): Greeting | undefined {
    if (greeting === undefined) return undefined;
    attempt.standing = { kind: "greeted", greeting };
    this.#gate.verdicts.greeted(attempt, greeting);
    sendGreeting(attempt, greeting);
    return greeting;
  }
}
