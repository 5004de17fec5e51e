import { Inject, Injectable } from "@nestjs/common";
import { and, eq, inArray, isNotNull, lt } from "drizzle-orm";
import type { Clock } from "@lacre/core";
import type { SealedSecret } from "@lacre/stores/console";
import { DATABASE } from "../database/database.module.js";
import type { Database } from "../database/database.js";
import { guesses, people, signIns } from "../database/tables.js";
import { CLOCK } from "../start/settings.js";
import { BROWSER_SECONDS } from "./browser-cookies.js";
import { MOST_IN_ROW, type Place } from "./guesses.js";
import type { Source } from "./source.js";

/** How long a network stays known after a program's sign-in from there. */
const NETWORK_SECONDS = 30 * 86_400;

/** Somebody who may sign in: active and enrolled. */
export interface Account {
  readonly personId: string;
  readonly passwordHash: string;
  readonly totp: SealedSecret;
}

export interface FoundAccount {
  /** Undefined: nobody of this login may sign in. */
  readonly account: Account | undefined;
  readonly place: Place;
}

/** Finds who wants to sign in, and whether they are known where they are. */
@Injectable()
export class Accounts {
  constructor(
    @Inject(DATABASE) private readonly db: Database,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** One statement, whoever it is. */
  async find(login: string, source: Source): Promise<FoundAccount> {
    const origins = [source.network, ...(source.browser === undefined ? [] : [source.browser])];
    const known = and(
      eq(guesses.personId, people.id),
      inArray(guesses.origin, origins),
      isNotNull(guesses.knownAt),
      lt(guesses.inRow, MOST_IN_ROW),
    );
    const rows = await this.db
      .select()
      .from(people)
      .leftJoin(signIns, eq(signIns.personId, people.id))
      .leftJoin(guesses, known)
      .where(eq(people.login, login));
    const isKnown = (origin: string | undefined, seconds: number): boolean =>
      rows.some(
        ({ guesses: row }) =>
          row?.origin === origin && Number(row?.knownAt) > this.clock.nowMs() - seconds * 1000,
      );
    const [found] = rows;
    const place =
      source.browser !== undefined && isKnown(source.browser, BROWSER_SECONDS)
        ? { origin: source.browser, isKnown: true }
        : { origin: source.network, isKnown: isKnown(source.network, NETWORK_SECONDS) };
    if (!found?.sign_ins || !found.people.active) return { account: undefined, place };
    const { passwordHash, sealed, wrappedKey, wrappedBy } = found.sign_ins;
    const totp = { sealed, wrappedKey, wrappedBy };
    return { account: { personId: found.people.id, passwordHash, totp }, place };
  }
}
