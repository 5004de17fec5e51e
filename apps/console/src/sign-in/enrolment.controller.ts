import { Body, Controller, Inject, Post, Req, Res } from "@nestjs/common";
import type { Request, Response } from "express";
import { z } from "zod";
import { Operation, SIGN_IN } from "../access/operation.js";
import { Name } from "../conventions/texts.js";
import { loginOf } from "./basic-credentials.js";
import { Enrolments } from "./enrolments.js";
import { Invitations } from "./invitations.js";
import { NewPassword } from "./passwords.js";
import { renewRecoveryCodes } from "./recovery-codes.js";
import { SignInAnswers, Token } from "./sign-in-answers.js";
import { SETTINGS, type ConsoleSettings } from "../start/settings.js";
import { sourceOf } from "./source.js";

/** What can be typed before the colon of Basic, and looks like no other: in ASCII, where no letter has a double. */
export const Login = z
  .string()
  .regex(/^[A-Za-z\d][A-Za-z\d._@+-]{0,99}$/, "letters from a to z, digits and . _ @ + - only")
  .transform(loginOf);

const LinkToken = z.string().max(100);
export const Begun = z.object({
  ticket: z.string(),
  totp: z.object({ uri: z.string(), secret: z.string(), qrSvg: z.string() }),
});
export const ConfirmBody = z.strictObject({
  ticket: z.string().max(100),
  totp: z.unknown().optional(),
});

const LookBody = z.strictObject({ token: LinkToken });
const Seen = z.object({
  kind: z.enum(["first", "invitation"]),
  login: z.string().optional(),
  name: z.string().optional(),
});
const EnrolBody = z.strictObject({
  token: LinkToken,
  login: Login.optional(),
  name: Name.optional(),
  password: NewPassword,
});
const Enrolled = Token.extend({ recoveryCodes: z.array(z.string()) });

/** How somebody with a link comes to a password and a second factor. */
@Controller("v1/enrolment")
export class EnrolmentController {
  constructor(
    private readonly enrolments: Enrolments,
    private readonly invitations: Invitations,
    private readonly answers: SignInAnswers,
    @Inject(SETTINGS) private readonly settings: ConsoleSettings,
  ) {}

  @Post("look")
  @Operation({ summary: "What a link is for", access: SIGN_IN, body: LookBody, answer: Seen })
  async look(@Body() { token }: z.output<typeof LookBody>): Promise<z.output<typeof Seen>> {
    const { personId, login, name } = await this.invitations.read(token);
    return { kind: personId === null ? "first" : "invitation", login, name };
  }

  @Post()
  @Operation({
    summary: "Begin to enrol: shows the seed of the second factor, once",
    access: SIGN_IN,
    body: EnrolBody,
    answer: Begun,
  })
  begin(
    @Body() terms: z.output<typeof EnrolBody>,
    @Req() request: Request,
  ): Promise<z.output<typeof Begun>> {
    return this.enrolments.begin(terms, sourceOf(request, this.settings.origin));
  }

  @Post("confirm")
  @Operation({
    summary: "Confirm with a code: shows the recovery codes, once, and signs in",
    access: SIGN_IN,
    body: ConfirmBody,
    answer: Enrolled,
  })
  async confirm(
    @Body() { ticket, totp }: z.output<typeof ConfirmBody>,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<z.output<typeof Enrolled>> {
    const source = sourceOf(request, this.settings.origin);
    const { recoveryCodes, signedIn } = await this.enrolments.confirm(
      ticket,
      totp,
      source,
      async (tx, personId) => ({
        recoveryCodes: await renewRecoveryCodes(tx, personId),
        signedIn: await this.answers.begin(tx, personId, source, {
          by: "enrolment",
          isBrowser: true,
          wrongCodes: 0,
        }),
      }),
    );
    return { recoveryCodes, ...(await this.answers.answer(signedIn, response)) };
  }
}
