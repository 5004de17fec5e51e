import { Inject, Injectable } from "@nestjs/common";
import { eq } from "drizzle-orm";
import type { Response } from "express";
import { z } from "zod";
import type { Clock } from "@lacre/core";
import { actorAt } from "../audit/actor.js";
import { recordAct } from "../audit/record-act.js";
import type { Transaction } from "../database/database.js";
import { signIns } from "../database/tables.js";
import { CLOCK, SETTINGS, type ConsoleSettings } from "../start/settings.js";
import { AccessTokens } from "./access-tokens.js";
import { BROWSER_SECONDS, setCookie } from "./browser-cookies.js";
import { Guesses } from "./guesses.js";
import { randomToken } from "./hash-of.js";
import { Sessions, SESSION_SECONDS, type Begun } from "./sessions.js";
import { browserOrigin, type Source } from "./source.js";

export const Token = z.object({ token: z.string(), expiresAt: z.iso.datetime() });
export const LoggedIn = Token.extend({
  code: z.literal(200),
  message: z.null(),
  wrongCodes: z.int().meta({
    description:
      "Wrong codes that came with the right password since the last sign-in, of those that were judged: there may have been many more",
  }),
});

/** A session that has begun, with what its browser is given. */
export interface SignedIn extends Begun {
  readonly personId: string;
  readonly browserToken: string | undefined;
  readonly wrongCodes: number;
}

/** What follows a complete proof: a session, a place that is known from now on, a token, cookies. */
@Injectable()
export class SignInAnswers {
  constructor(
    @Inject(SETTINGS) private readonly settings: ConsoleSettings,
    @Inject(CLOCK) private readonly clock: Clock,
    private readonly sessions: Sessions,
    private readonly guesses: Guesses,
    private readonly tokens: AccessTokens,
  ) {}

  /** In the transaction of the proof. */
  async begin(
    tx: Transaction,
    personId: string,
    source: Source,
    terms: { by: string; isBrowser: boolean; wrongCodes: number },
  ): Promise<SignedIn> {
    const { isBrowser } = terms;
    const begun = await this.sessions.begin(tx, personId, source, isBrowser);
    const browserToken = isBrowser ? randomToken() : undefined;
    const origin = browserToken === undefined ? source.network : browserOrigin(browserToken);
    if (source.browser !== undefined && isBrowser)
      await this.guesses.forget(tx, personId, source.browser);
    await this.guesses.know(tx, personId, origin);
    const lastAt = new Date(this.clock.nowMs());
    await tx.update(signIns).set({ lastAt }).where(eq(signIns.personId, personId));
    await recordAct(tx, {
      by: actorAt(personId, source),
      act: "session.begun",
      object: { kind: "session", id: begun.sessionId },
      after: terms,
    });
    return { ...begun, personId, browserToken, wrongCodes: terms.wrongCodes };
  }

  /** Whoever has signed in is told of those who tried before. */
  async loggedIn(signedIn: SignedIn, response: Response): Promise<z.output<typeof LoggedIn>> {
    const { wrongCodes } = signedIn;
    return { code: 200, message: null, ...(await this.answer(signedIn, response)), wrongCodes };
  }

  async answer(
    signedIn: Begun & { personId: string; browserToken?: string | undefined },
    response: Response,
  ): Promise<z.output<typeof Token>> {
    const { personId, sessionId, refreshToken, browserToken } = signedIn;
    const { token, expiresAt } = await this.tokens.issue(personId, sessionId);
    const { origin } = this.settings;
    if (refreshToken !== undefined)
      setCookie(response, origin, "refresh", refreshToken, SESSION_SECONDS);
    if (browserToken !== undefined)
      setCookie(response, origin, "browser", browserToken, BROWSER_SECONDS);
    response.setHeader("Cache-Control", "no-store");
    return { token, expiresAt: expiresAt.toISOString() };
  }

  forgetRefreshToken(response: Response): void {
    setCookie(response, this.settings.origin, "refresh", "", 0);
  }
}
