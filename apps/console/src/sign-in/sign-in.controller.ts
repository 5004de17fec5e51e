import { Body, Controller, Inject, Post, Req, Res } from "@nestjs/common";
import type { Request, Response } from "express";
import { z } from "zod";
import { EVERYBODY, Operation, SESSION, SIGN_IN } from "../access/operation.js";
import { actorAt } from "../audit/actor.js";
import { Problem } from "../problems/problem.js";
import { SETTINGS, type ConsoleSettings } from "../start/settings.js";
import { AccessTokens } from "./access-tokens.js";
import { basicCredentialsOf } from "./basic-credentials.js";
import { readCookie } from "./browser-cookies.js";
import { Proofs } from "./proofs.js";
import { requireSameOrigin } from "./same-origin.js";
import { Sessions } from "./sessions.js";
import { LoggedIn, SignInAnswers, Token } from "./sign-in-answers.js";
import { SignIn } from "./sign-in.js";
import { sourceOf } from "./source.js";

/** Whatever the code is, a wrong one is counted: its form is judged with it. */
const LoginBody = z
  .strictObject({
    totp: z.unknown().optional().meta({ description: "The six digits of the authenticator app" }),
    recoveryCode: z
      .unknown()
      .optional()
      .meta({ description: "Instead of `totp`: one of the printed codes" }),
    browser: z
      .boolean()
      .optional()
      .meta({ description: "Also set the cookie of a lasting session" }),
  })
  .refine(
    ({ totp, recoveryCode }) => (totp === undefined) !== (recoveryCode === undefined),
    "either totp or recoveryCode",
  );

/** How people sign in, stay signed in, and leave. */
@Controller("v1")
export class SignInController {
  constructor(
    private readonly signIn: SignIn,
    private readonly proofs: Proofs,
    private readonly sessions: Sessions,
    private readonly tokens: AccessTokens,
    private readonly answers: SignInAnswers,
    @Inject(SETTINGS) private readonly settings: ConsoleSettings,
  ) {}

  @Post("login")
  @Operation({
    summary: "Sign in with login and password (Basic) and a code",
    access: SIGN_IN,
    body: LoginBody,
    answer: LoggedIn,
  })
  async login(
    @Body() { totp, recoveryCode, browser: isBrowser = false }: z.output<typeof LoginBody>,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<z.output<typeof LoggedIn>> {
    if (isBrowser) requireSameOrigin(request, this.settings.origin);
    const source = sourceOf(request, this.settings.origin);
    const proof =
      recoveryCode === undefined ? this.proofs.totp(totp) : this.proofs.recoveryCode(recoveryCode);
    const attempt = { credentials: basicCredentialsOf(request), proof, source };
    const signedIn = await this.signIn.prove(attempt, (tx, { personId, wrongCodes }) =>
      this.answers.begin(tx, personId, source, { by: proof.by, isBrowser, wrongCodes }),
    );
    return this.answers.loggedIn(signedIn, response);
  }

  @Post("token")
  @Operation({
    summary: "A new access token, for the cookie of a lasting session",
    access: SESSION,
    answer: Token,
  })
  async token(
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<z.output<typeof Token>> {
    requireSameOrigin(request, this.settings.origin);
    const source = sourceOf(request, this.settings.origin);
    const refreshToken = readCookie(request, this.settings.origin, "refresh");
    if (refreshToken === undefined) throw new Problem("not-signed-in");
    return this.answers.answer(await this.sessions.goOn(refreshToken, source), response);
  }

  @Post("logout")
  @Operation({ summary: "End the session of the cookie or the token", access: EVERYBODY })
  async logout(
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<void> {
    const source = sourceOf(request, this.settings.origin);
    const refreshToken = readCookie(request, this.settings.origin, "refresh");
    const [, bearer] = /^Bearer (\S+)$/i.exec(request.headers.authorization ?? "") ?? [];
    if (bearer !== undefined) {
      const person = await this.tokens.read(bearer);
      await this.sessions.end(person.sessionId, actorAt(person.id, source));
    }
    if (refreshToken === undefined) return;
    requireSameOrigin(request, this.settings.origin);
    this.answers.forgetRefreshToken(response);
    await this.sessions.endOf(refreshToken, source);
  }
}
