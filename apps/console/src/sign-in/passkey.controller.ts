import { Body, Controller, Inject, Post, Req, Res } from "@nestjs/common";
import type { Request, Response } from "express";
import { z } from "zod";
import { Operation, SIGN_IN } from "../access/operation.js";
import { SETTINGS, type ConsoleSettings } from "../start/settings.js";
import { basicCredentialsOf } from "./basic-credentials.js";
import { Passkeys } from "./passkeys.js";
import { requireSameOrigin } from "./same-origin.js";
import { LoggedIn, SignInAnswers } from "./sign-in-answers.js";
import { SignIn } from "./sign-in.js";
import { sourceOf } from "./source.js";

export const Challenged = z.object({
  options: z.record(z.string(), z.unknown()),
  challengeId: z.string(),
});
export const ChallengeId = z.string().max(100);

const LoginBody = z.strictObject({
  challengeId: ChallengeId,
  response: z.unknown().meta({ description: "What the browser's WebAuthn gave" }),
  browser: z.boolean().optional(),
});

/** Signing in with a passkey beside the password. */
@Controller("v1/passkeys")
export class PasskeyController {
  constructor(
    private readonly passkeys: Passkeys,
    private readonly signIn: SignIn,
    private readonly answers: SignInAnswers,
    @Inject(SETTINGS) private readonly settings: ConsoleSettings,
  ) {}

  @Post("options")
  @Operation({ summary: "A challenge for a passkey", access: SIGN_IN, answer: Challenged })
  async options(): Promise<z.output<typeof Challenged>> {
    const { options, challengeId } = await this.passkeys.signInOptions();
    return { options: { ...options }, challengeId };
  }

  @Post("login")
  @Operation({
    summary: "Sign in with login and password (Basic) and a passkey",
    access: SIGN_IN,
    body: LoginBody,
    answer: LoggedIn,
  })
  async login(
    @Body() {
      challengeId,
      response: signed,
      browser: isBrowser = false,
    }: z.output<typeof LoginBody>,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<z.output<typeof LoggedIn>> {
    if (isBrowser) requireSameOrigin(request, this.settings.origin);
    const source = sourceOf(request, this.settings.origin);
    const proof = this.passkeys.proof(challengeId, signed);
    const attempt = { credentials: basicCredentialsOf(request), proof, source };
    const signedIn = await this.signIn.prove(attempt, (tx, { personId, wrongCodes }) =>
      this.answers.begin(tx, personId, source, { by: proof.by, isBrowser, wrongCodes }),
    );
    return this.answers.loggedIn(signedIn, response);
  }
}
