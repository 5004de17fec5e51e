import { Body, Controller, Delete, Get, Param, Patch, Post, Put, Query } from "@nestjs/common";
import { z } from "zod";
import { Operation, person } from "../access/operation.js";
import { Changing, type ActingPerson } from "../access/acting-person.js";
import { Asking, type Person } from "../access/person.js";
import { pageOf, PageQuery } from "../conventions/page.js";
import { Name, PlainText } from "../conventions/texts.js";
import { SeenVersion } from "../conventions/version.js";
import { Teams } from "./teams.js";

const Shown = z.object({
  id: z.string(),
  name: z.string(),
  members: z.int(),
  apps: z.int(),
  createdAt: z.iso.datetime(),
  version: z.int(),
});
const Whole = Shown.extend({
  people: z.array(z.object({ id: z.string(), login: z.string(), name: z.string() })),
});
const List = pageOf(Shown);
const TeamPath = z.object({ id: PlainText(100) });
const MemberPath = z.object({ id: PlainText(100), personId: PlainText(100) });
const TeamBody = z.strictObject({ name: Name });

/** Teams. Who may see only their own teams' things sees only those. */
@Controller("v1/teams")
export class TeamsController {
  constructor(private readonly teams: Teams) {}

  @Get()
  @Operation({
    summary: "Teams, by name",
    access: person("teams.read"),
    query: PageQuery,
    answer: List,
  })
  list(
    @Asking() asking: Person,
    @Query() query: z.output<typeof PageQuery>,
  ): Promise<z.output<typeof List>> {
    return this.teams.page(asking, query);
  }

  @Post()
  @Operation({
    summary: "Add a team",
    access: person("teams.manage"),
    body: TeamBody,
    answer: Whole,
    status: 201,
    keepsAnswer: true,
  })
  async add(
    @Changing() by: ActingPerson,
    @Body() { name }: z.output<typeof TeamBody>,
  ): Promise<z.output<typeof Whole>> {
    const id = await this.teams.add(by, name);
    return this.teams.read(by.person, id);
  }

  @Get(":id")
  @Operation({
    summary: "A team and its people",
    access: person("teams.read"),
    params: TeamPath,
    answer: Whole,
  })
  async read(
    @Asking() asking: Person,
    @Param() { id }: z.output<typeof TeamPath>,
  ): Promise<z.output<typeof Whole>> {
    return this.teams.read(asking, id);
  }

  @Patch(":id")
  @Operation({
    summary: "Rename a team",
    access: person("teams.manage"),
    params: TeamPath,
    body: TeamBody,
    answer: Whole,
  })
  async rename(
    @Changing() by: ActingPerson,
    @Param() { id }: z.output<typeof TeamPath>,
    @Body() { name }: z.output<typeof TeamBody>,
    @SeenVersion() seen: number,
  ): Promise<z.output<typeof Whole>> {
    await this.teams.rename(by, id, seen, name);
    return this.teams.read(by.person, id);
  }

  @Delete(":id")
  @Operation({
    summary: "Remove a team that has no apps",
    access: person("teams.manage"),
    params: TeamPath,
  })
  remove(
    @Changing() by: ActingPerson,
    @Param() { id }: z.output<typeof TeamPath>,
    @SeenVersion() seen: number,
  ): Promise<void> {
    return this.teams.remove(by, id, seen);
  }

  @Put(":id/members/:personId")
  @Operation({
    summary: "Add a person to a team",
    access: person("teams.manage"),
    params: MemberPath,
  })
  addMember(
    @Changing() by: ActingPerson,
    @Param() { id, personId }: z.output<typeof MemberPath>,
  ): Promise<void> {
    return this.teams.addMember(by, id, personId);
  }

  @Delete(":id/members/:personId")
  @Operation({
    summary: "Take a person out of a team",
    access: person("teams.manage"),
    params: MemberPath,
  })
  removeMember(
    @Changing() by: ActingPerson,
    @Param() { id, personId }: z.output<typeof MemberPath>,
  ): Promise<void> {
    return this.teams.removeMember(by, id, personId);
  }
}
