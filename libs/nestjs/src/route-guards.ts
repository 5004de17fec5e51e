import type { Type } from "@nestjs/common";
import type { ModulesContainer } from "@nestjs/core";
import { passportGuard } from "./passport-guard.js";

/**
 * The guards of this package: the one that `@HmacProtected()` puts on a route, that of `globalGuard`, and the one that
 * runs before all others and may let anybody through.
 */
export interface OwnGuards {
  readonly route: Type;
  readonly global: Type;
  readonly app: Type;
}

/** The guards of an app, as they are known before its first request. */
export class RouteGuards {
  readonly #own: OwnGuards;
  /** What verifies requests, and whatever extends it: our own, and Passport's for our strategy. */
  readonly #ours: readonly Type[];
  /** Tokens of guards in whose place a test has put something else. */
  readonly #replaced: ReadonlySet<unknown>;
  /** Whether another strategy of Passport may let in requests to any route: `AuthGuard(["hmac", "jwt"])` as APP_GUARD. */
  readonly alternativesEverywhere: boolean;
  /** Whether a guard that verifies requests stands on all routes: `AuthGuard("hmac")` as APP_GUARD. */
  readonly verifiesEverywhere: boolean;

  private constructor(own: OwnGuards, guards: readonly Guard[], ofPassport: Type | undefined) {
    this.#own = own;
    this.#ours = ofPassport === undefined ? [own.route] : [own.route, ofPassport];
    this.#replaced = new Set(guards.filter(isReplaced).map(({ token }) => token));
    this.alternativesEverywhere = guards.some(
      ({ token, metatype }) => token !== metatype && this.#isAlternative(metatype),
    );
    this.verifiesEverywhere = guards.some(
      ({ token, metatype }) =>
        typeof token !== "function" && metatype !== own.app && this.#isOurs(metatype),
    );
  }

  static async read(modules: ModulesContainer, own: OwnGuards): Promise<RouteGuards> {
    const guards = [...guardsIn(modules)];
    const usesPassport = guards.some(({ metatype }) => isPassports(metatype));
    return new RouteGuards(own, guards, usesPassport ? await passportGuard() : undefined);
  }

  /** Whether a test has put something in the place of any of ours. */
  get hasStandIns(): boolean {
    return [...this.#replaced].some((token) => this.#isOurs(token));
  }

  /** Whether a test has put something in the place of this one. */
  isReplaced(guard: keyof OwnGuards): boolean {
    return this.#replaced.has(this.#own[guard]);
  }

  /** Whether a guard that verifies requests was put on this class or method by `@UseGuards()`. */
  verify(target: object): boolean {
    return guardsOn(target).some((guard) => this.#isOurs(guard) && !this.#replaced.has(guard));
  }

  /** Whether another strategy of Passport may let in requests to this class or method. */
  hasAlternatives(target: object): boolean {
    return guardsOn(target).some((guard) => this.#isAlternative(guard));
  }

  #isOurs(guard: unknown): boolean {
    return this.#ours.some((our) => guard instanceof our || isOrExtends(guard, our));
  }

  #isAlternative(guard: unknown): boolean {
    return (
      isPassports(typeof guard === "object" ? guard?.constructor : guard) && !this.#isOurs(guard)
    );
  }
}

/** A guard, or whatever else Nest keeps in the same place. */
interface Guard {
  readonly token: unknown;
  /** The class that it is made of; null for a value. */
  readonly metatype: unknown;
}

function* guardsIn(modules: ModulesContainer): Iterable<Guard> {
  for (const { injectables, providers } of modules.values())
    for (const { token, metatype } of [...injectables.values(), ...providers.values()])
      yield { token, metatype };
}

const isReplaced = ({ token, metatype }: Guard): boolean =>
  typeof token === "function" && token !== metatype;

/** The key under which @UseGuards() leaves the guards. */
const GUARDS_METADATA = "__guards__";

const guardsOn = (target: object): readonly unknown[] =>
  (Reflect.getMetadata(GUARDS_METADATA, target) ?? []) as readonly unknown[];

const isOrExtends = (guard: unknown, parent: Type): boolean =>
  guard === parent || (guard as Partial<Type> | undefined)?.prototype instanceof parent;

/** Whether @nestjs/passport has made this class, or one that it extends. It gives each a random name. */
function isPassports(metatype: unknown): boolean {
  for (
    let level: unknown = metatype;
    typeof level === "function";
    level = Object.getPrototypeOf(level)
  ) {
    const { prototype } = level as Partial<Type>;
    if (prototype && OF_PASSPORT.every((name) => Object.hasOwn(prototype, name))) return true;
  }
  return false;
}

const OF_PASSPORT = ["canActivate", "getAuthenticateOptions", "handleRequest", "logIn"];
