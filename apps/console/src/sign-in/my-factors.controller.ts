import { Body, Controller, Inject, Delete, Get, Param, Post, Req } from "@nestjs/common";
import type { Request } from "express";
import { z } from "zod";
import { Operation, person } from "../access/operation.js";
import { Changing, type ActingPerson } from "../access/acting-person.js";
import { Asking, type Person } from "../access/person.js";
import { actorAt } from "../audit/actor.js";
import { recordAct } from "../audit/record-act.js";
import { Name, PlainText } from "../conventions/texts.js";
import { Begun, ConfirmBody } from "./enrolment.controller.js";
import { Enrolments } from "./enrolments.js";
import { Challenged, ChallengeId } from "./passkey.controller.js";
import { Passkeys } from "./passkeys.js";
import { passwordOf } from "./passwords.js";
import { Proofs } from "./proofs.js";
import { renewRecoveryCodes } from "./recovery-codes.js";
import { SignIn, type Attempt } from "./sign-in.js";
import { SETTINGS, type ConsoleSettings } from "../start/settings.js";
import { sourceOf } from "./source.js";

/** Whoever changes a second factor proves both again: a token that was left open is not enough. */
const AgainBody = z.strictObject({ password: z.string(), totp: z.unknown().optional() });
const Codes = z.object({ recoveryCodes: z.array(z.string()) });
const PasskeyBody = z.strictObject({ challengeId: ChallengeId, name: Name, response: z.unknown() });
const PasskeyPath = z.object({ id: PlainText(1400) });
const PasskeyList = z.object({
  items: z.array(
    z.object({
      id: z.string(),
      name: z.string(),
      createdAt: z.iso.datetime(),
      lastUsedAt: z.iso.datetime().nullable(),
    }),
  ),
});

/** A person's second factors. */
@Controller("v1/me")
export class MyFactorsController {
  constructor(
    private readonly signIn: SignIn,
    private readonly proofs: Proofs,
    private readonly passkeys: Passkeys,
    private readonly enrolments: Enrolments,
    @Inject(SETTINGS) private readonly settings: ConsoleSettings,
  ) {}

  @Get("passkeys")
  @Operation({ summary: "Your passkeys", access: person("self.read"), answer: PasskeyList })
  async list(@Asking() { id: personId }: Person): Promise<z.output<typeof PasskeyList>> {
    const rows = await this.passkeys.list(personId);
    const items = rows.map(({ id, name, createdAt, lastUsedAt }) => ({
      ...{ id, name, createdAt: createdAt.toISOString() },
      lastUsedAt: lastUsedAt?.toISOString() ?? null,
    }));
    return { items };
  }

  @Post("passkeys/options")
  @Operation({
    summary: "Begin to add a passkey",
    access: person("self.change"),
    body: AgainBody,
    answer: Challenged,
    made: () => "a challenge",
  })
  async options(
    @Asking() asking: Person,
    @Body() body: z.output<typeof AgainBody>,
    @Req() request: Request,
  ): Promise<z.output<typeof Challenged>> {
    await this.signIn.prove(this.#again(asking, body, request), () => Promise.resolve());
    const { options, challengeId } = await this.passkeys.registrationOptions(asking);
    return { options: { ...options }, challengeId };
  }

  @Post("passkeys")
  @Operation({ summary: "Add a passkey", access: person("self.change"), body: PasskeyBody })
  add(
    @Changing() by: ActingPerson,
    @Body() { challengeId, name, response }: z.output<typeof PasskeyBody>,
  ): Promise<void> {
    return this.passkeys.register(by, challengeId, name, response);
  }

  @Delete("passkeys/:id")
  @Operation({ summary: "Remove a passkey", access: person("self.change"), params: PasskeyPath })
  remove(
    @Changing() by: ActingPerson,
    @Param() { id }: z.output<typeof PasskeyPath>,
  ): Promise<void> {
    return this.passkeys.remove(by, id);
  }

  @Post("totp")
  @Operation({
    summary: "Begin to change the phone: the old one counts until the new one is confirmed",
    access: person("self.change"),
    body: AgainBody,
    answer: Begun,
    made: () => "a new seed",
  })
  async phone(
    @Asking() asking: Person,
    @Body() body: z.output<typeof AgainBody>,
    @Req() request: Request,
  ): Promise<z.output<typeof Begun>> {
    await this.signIn.prove(this.#again(asking, body, request), () => Promise.resolve());
    return this.enrolments.beginNewPhone(asking.id, asking.login);
  }

  @Post("totp/confirm")
  @Operation({
    summary: "Confirm the new phone with a code of it",
    access: person("self.change"),
    body: ConfirmBody,
  })
  async confirm(
    @Asking() { id }: Person,
    @Body() { ticket, totp }: z.output<typeof ConfirmBody>,
    @Req() request: Request,
  ): Promise<void> {
    const source = sourceOf(request, this.settings.origin);
    await this.enrolments.confirm(ticket, totp, source, () => Promise.resolve(), id);
  }

  @Post("recovery-codes")
  @Operation({
    summary: "New recovery codes, shown once: the old ones end",
    access: person("self.change"),
    body: AgainBody,
    answer: Codes,
    made: () => "new recovery codes",
  })
  async codes(
    @Asking() asking: Person,
    @Body() body: z.output<typeof AgainBody>,
    @Req() request: Request,
  ): Promise<z.output<typeof Codes>> {
    const attempt = this.#again(asking, body, request);
    const recoveryCodes = await this.signIn.prove(attempt, async (tx, { personId }) => {
      const by = actorAt(personId, attempt.source);
      const codes = await renewRecoveryCodes(tx, personId);
      const object = { kind: "person", id: personId };
      await recordAct(tx, { by, act: "person.recovery-codes-renewed", object });
      return codes;
    });
    return { recoveryCodes };
  }

  #again(
    { login }: Person,
    { password, totp }: z.output<typeof AgainBody>,
    request: Request,
  ): Attempt {
    const credentials = { login, password: passwordOf(password) };
    return {
      credentials,
      proof: this.proofs.totp(totp),
      source: sourceOf(request, this.settings.origin),
    };
  }
}
