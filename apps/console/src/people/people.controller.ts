import { Body, Controller, Get, Param, Patch, Post, Query, Res } from "@nestjs/common";
import type { Response } from "express";
import { z } from "zod";
import { Operation, person } from "../access/operation.js";
import { Changing, type ActingPerson } from "../access/acting-person.js";
import { ROLES, SUBROLES } from "../access/roles.js";
import { pageOf, PageQuery } from "../conventions/page.js";
import { Name, PlainText } from "../conventions/texts.js";
import { SeenVersion } from "../conventions/version.js";
import { Login } from "../sign-in/enrolment.controller.js";
import { Invitations } from "../sign-in/invitations.js";
import { Profiles } from "../sign-in/profiles.js";
import { People, requireRightSubrole } from "./people.js";

const Shown = z.object({
  id: z.string(),
  login: z.string(),
  name: z.string(),
  email: z.string().nullable(),
  role: z.string(),
  subrole: z.string().nullable(),
  active: z.boolean(),
  teams: z.array(z.object({ id: z.string(), name: z.string() })),
  enrolled: z.boolean(),
  lastSignInAt: z.iso.datetime().nullable(),
  createdAt: z.iso.datetime(),
  version: z.int(),
});
const List = pageOf(Shown);
const ListQuery = PageQuery.extend({ search: PlainText(200).optional() });
const PersonPath = z.object({ id: PlainText(100) });
const facts = {
  name: Name,
  email: z.email().nullable().optional(),
  role: z.enum(ROLES),
  subrole: z.enum(SUBROLES).nullable().optional(),
};
const NewBody = z.strictObject({
  login: Login,
  ...facts,
  teamIds: z.array(z.string()).max(100).optional(),
});
const ChangeBody = z.strictObject({ ...facts, active: z.boolean() }).partial();
const Link = z.object({ link: z.string(), expiresAt: z.iso.datetime() });

/** People, for those who manage them. */
@Controller("v1/people")
export class PeopleController {
  constructor(
    private readonly people: People,
    private readonly invitations: Invitations,
    private readonly profiles: Profiles,
  ) {}

  @Get()
  @Operation({
    summary: "People, by login",
    access: person("people.read"),
    query: ListQuery,
    answer: List,
  })
  list(@Query() query: z.output<typeof ListQuery>): Promise<z.output<typeof List>> {
    return this.people.page(query);
  }

  @Post()
  @Operation({
    summary: "Add a person: an invitation lets them in",
    access: person("people.manage"),
    body: NewBody,
    answer: Shown,
    status: 201,
    keepsAnswer: true,
  })
  async add(
    @Changing() by: ActingPerson,
    @Body() terms: z.output<typeof NewBody>,
  ): Promise<z.output<typeof Shown>> {
    const { role, subrole = null } = terms;
    requireRightSubrole(role, subrole);
    return this.people.add(by, { ...terms, subrole });
  }

  @Get(":id")
  @Operation({
    summary: "A person",
    access: person("people.read"),
    params: PersonPath,
    answer: Shown,
  })
  read(@Param() { id }: z.output<typeof PersonPath>): Promise<z.output<typeof Shown>> {
    return this.people.read(id);
  }

  @Patch(":id")
  @Operation({
    summary: "Change a person: another role or a disabled person ends their tokens at once",
    access: person("people.manage"),
    params: PersonPath,
    body: ChangeBody,
    answer: Shown,
  })
  async change(
    @Changing() by: ActingPerson,
    @Param() { id }: z.output<typeof PersonPath>,
    @Body() changes: z.output<typeof ChangeBody>,
    @SeenVersion() seen: number,
  ): Promise<z.output<typeof Shown>> {
    await this.people.change(by, id, seen, changes);
    return this.people.read(id);
  }

  @Post(":id/invitation")
  @Operation({
    summary: "A link by which the person enrols, or enrols anew. Shown once, good for a day",
    access: person("people.manage"),
    params: PersonPath,
    answer: Link,
    made: () => "an invitation",
  })
  async invite(
    @Changing() by: ActingPerson,
    @Param() { id }: z.output<typeof PersonPath>,
    @Res({ passthrough: true }) response: Response,
  ): Promise<z.output<typeof Link>> {
    const { link, expiresAt } = await this.invitations.linkFor(id, by);
    response.setHeader("Cache-Control", "no-store");
    return { link, expiresAt: expiresAt.toISOString() };
  }

  @Post(":id/end-sessions")
  @Operation({
    summary: "End all sessions of a person",
    access: person("people.manage"),
    params: PersonPath,
  })
  async end(
    @Changing() by: ActingPerson,
    @Param() { id }: z.output<typeof PersonPath>,
  ): Promise<void> {
    await this.people.read(id);
    await this.profiles.endSessions(id, by);
  }
}
