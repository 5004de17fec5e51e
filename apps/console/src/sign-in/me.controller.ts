import { Body, Controller, Inject, Delete, Get, Param, Patch, Post, Req } from "@nestjs/common";
import type { Request } from "express";
import { z } from "zod";
import { Operation, person } from "../access/operation.js";
import { Changing, type ActingPerson } from "../access/acting-person.js";
import { Asking, type Person } from "../access/person.js";
import { KINDS, ROLES, SUBROLES } from "../access/roles.js";
import { Name, PlainText } from "../conventions/texts.js";
import { Problem } from "../problems/problem.js";
import { Profiles } from "./profiles.js";
import { Proofs } from "./proofs.js";
import { NewPassword, passwordOf } from "./passwords.js";
import { Sessions } from "./sessions.js";
import { Token } from "./sign-in-answers.js";
import { SETTINGS, type ConsoleSettings } from "../start/settings.js";
import { sourceOf } from "./source.js";

const Me = z.object({
  id: z.string(),
  login: z.string(),
  name: z.string(),
  email: z.string().nullable(),
  role: z.enum(ROLES),
  subrole: z.enum(SUBROLES).nullable(),
  kind: z.enum(KINDS),
  permissions: z.array(z.string()),
  teams: z.array(z.object({ id: z.string(), name: z.string() })),
  session: z.object({ id: z.string() }),
  secondFactors: z.object({ passkeys: z.int(), recoveryCodesLeft: z.int() }),
});
const MeBody = z.strictObject({ name: Name.optional(), email: z.email().nullable().optional() });
const PasswordBody = z.strictObject({
  password: z.string(),
  newPassword: NewPassword,
  totp: z.unknown().optional(),
});
const MySessions = z.object({
  items: z.array(
    z.object({
      id: z.string(),
      current: z.boolean(),
      userAgent: z.string().nullable(),
      address: z.string().nullable(),
      createdAt: z.iso.datetime(),
      lastUsedAt: z.iso.datetime(),
      expiresAt: z.iso.datetime(),
    }),
  ),
});
const SessionPath = z.object({ id: PlainText(100) });

/** What people see and change of themselves. */
@Controller("v1/me")
export class MeController {
  constructor(
    private readonly profiles: Profiles,
    private readonly sessions: Sessions,
    private readonly proofs: Proofs,
    @Inject(SETTINGS) private readonly settings: ConsoleSettings,
  ) {}

  @Get()
  @Operation({
    summary: "Who you are and what you may do",
    access: person("self.read"),
    answer: Me,
  })
  me(@Asking() asking: Person): Promise<z.output<typeof Me>> {
    return this.profiles.read(asking);
  }

  @Patch()
  @Operation({
    summary: "Change your name or mail address",
    access: person("self.change"),
    body: MeBody,
    answer: Me,
  })
  async change(
    @Changing() by: ActingPerson,
    @Body() changes: z.output<typeof MeBody>,
  ): Promise<z.output<typeof Me>> {
    await this.profiles.change(by, changes);
    return this.profiles.read(by.person);
  }

  @Post("password")
  @Operation({
    summary: "Change your password: all that was given out before ends",
    access: person("self.change"),
    body: PasswordBody,
    answer: Token,
    made: () => "a new token",
  })
  async password(
    @Asking() asking: Person,
    @Body() { password, newPassword, totp }: z.output<typeof PasswordBody>,
    @Req() request: Request,
  ): Promise<z.output<typeof Token>> {
    const source = sourceOf(request, this.settings.origin);
    const credentials = { login: asking.login, password: passwordOf(password) };
    const proof = this.proofs.totp(totp);
    return this.profiles.changePassword(asking, { credentials, proof, source }, newPassword);
  }

  @Get("sessions")
  @Operation({
    summary: "Where you are signed in",
    access: person("self.read"),
    answer: MySessions,
  })
  async list(@Asking() asking: Person): Promise<z.output<typeof MySessions>> {
    const rows = await this.sessions.list(asking.id);
    const items = rows.map(({ id, userAgent, address, createdAt, lastUsedAt, expiresAt }) => ({
      ...{ id, current: id === asking.sessionId, userAgent, address },
      createdAt: createdAt.toISOString(),
      lastUsedAt: lastUsedAt.toISOString(),
      expiresAt: expiresAt.toISOString(),
    }));
    return { items };
  }

  @Delete("sessions/:id")
  @Operation({
    summary: "End one of your sessions",
    access: person("self.change"),
    params: SessionPath,
  })
  async end(
    @Changing() by: ActingPerson,
    @Param() { id }: z.output<typeof SessionPath>,
  ): Promise<void> {
    if (!(await this.sessions.end(id, by))) throw new Problem("not-found");
  }

  @Post("sessions/end-others")
  @Operation({ summary: "End all your sessions but this one", access: person("self.change") })
  endOthers(@Changing() by: ActingPerson): Promise<void> {
    return this.profiles.endSessions(by.id, by, by.person.sessionId);
  }
}
