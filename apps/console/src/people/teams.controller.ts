import {
  Body,
  Controller,
  Delete,
  Get,
  Param,
  Patch,
  Post,
  Put,
  Query,
  Req,
  Res,
} from "@nestjs/common";
import type { Request, Response } from "express";
import { z } from "zod";
import { Operation, person } from "../access/operation.js";
import { Asking, type Person } from "../access/person.js";
import { Name } from "../sign-in/enrolment.controller.js";
import { PageQuery } from "./cursor.js";
import { Teams } from "./teams.js";
import { seenVersionOf, showVersion } from "./version.js";

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
const List = z.object({ items: z.array(Shown), next: z.string().nullable() });
const ListQuery = z.object(PageQuery);
const TeamPath = z.object({ id: z.string() });
const MemberPath = z.object({ id: z.string(), personId: z.string() });
const TeamBody = z.object({ name: Name });

/** Teams. Who may see only their own teams' things sees only those. */
@Controller("v1/teams")
export class TeamsController {
  constructor(private readonly teams: Teams) {}

  @Get()
  @Operation({
    summary: "Teams, by name",
    access: person("teams.read"),
    query: ListQuery,
    answer: List,
  })
  list(
    @Asking() asking: Person,
    @Query() query: z.output<typeof ListQuery>,
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
  })
  async add(
    @Asking() asking: Person,
    @Body() { name }: z.output<typeof TeamBody>,
    @Res({ passthrough: true }) response: Response,
  ): Promise<z.output<typeof Whole>> {
    const id = await this.teams.add(asking, name);
    return showVersion(response, await this.teams.read(asking, id));
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
    @Res({ passthrough: true }) response: Response,
  ): Promise<z.output<typeof Whole>> {
    return showVersion(response, await this.teams.read(asking, id));
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
    @Asking() asking: Person,
    @Param() { id }: z.output<typeof TeamPath>,
    @Body() { name }: z.output<typeof TeamBody>,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<z.output<typeof Whole>> {
    await this.teams.rename(asking, id, seenVersionOf(request), name);
    return showVersion(response, await this.teams.read(asking, id));
  }

  @Delete(":id")
  @Operation({
    summary: "Remove a team that has no apps",
    access: person("teams.manage"),
    params: TeamPath,
  })
  remove(
    @Asking() asking: Person,
    @Param() { id }: z.output<typeof TeamPath>,
    @Req() request: Request,
  ): Promise<void> {
    return this.teams.remove(asking, id, seenVersionOf(request));
  }

  @Put(":id/members/:personId")
  @Operation({
    summary: "Add a person to a team",
    access: person("teams.manage"),
    params: MemberPath,
  })
  addMember(
    @Asking() asking: Person,
    @Param() { id, personId }: z.output<typeof MemberPath>,
  ): Promise<void> {
    return this.teams.addMember(asking, id, personId);
  }

  @Delete(":id/members/:personId")
  @Operation({
    summary: "Take a person out of a team",
    access: person("teams.manage"),
    params: MemberPath,
  })
  removeMember(
    @Asking() asking: Person,
    @Param() { id, personId }: z.output<typeof MemberPath>,
  ): Promise<void> {
    return this.teams.removeMember(asking, id, personId);
  }
}
