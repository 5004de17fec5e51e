import { Body, Controller, Get, Param, Post, Query } from "@nestjs/common";
import { z } from "zod";
import { Operation, person } from "../access/operation.js";
import { Asking, type Person } from "../access/person.js";
import { pageOf, type Page } from "../conventions/page.js";
import { Changing, type ActingPerson } from "../access/acting-person.js";
import { AccessRequests } from "./access-requests.js";
import { Approval, NewRequest, Refusing, RequestsQuery, RequestView } from "./request-shapes.js";
import { RequestViews } from "./request-views.js";

const RequestPath = z.object({ id: z.string() });

/** Who wants to call, and what they were told. */
@Controller("v1/requests")
export class RequestsController {
  constructor(
    private readonly requests: AccessRequests,
    private readonly views: RequestViews,
  ) {}

  @Get()
  @Operation({
    summary: "What was asked for, the newest first",
    access: person("requests.read"),
    query: RequestsQuery,
    answer: pageOf(RequestView),
  })
  list(@Asking() asking: Person, @Query() query: RequestsQuery): Promise<Page<RequestView>> {
    return this.views.list(asking, query);
  }

  @Post()
  @Operation({
    summary: "Asks for an app, or for scopes of one",
    access: person("requests.ask"),
    body: NewRequest,
    answer: RequestView,
    status: 201,
    keepsAnswer: true,
  })
  async ask(@Changing() by: ActingPerson, @Body() given: NewRequest): Promise<RequestView> {
    const { id } = await this.requests.ask(by, given);
    return this.views.one(by.person, id);
  }

  @Get(":id")
  @Operation({
    summary: "A request",
    access: person("requests.read"),
    params: RequestPath,
    answer: RequestView,
  })
  one(@Asking() asking: Person, @Param("id") id: string): Promise<RequestView> {
    return this.views.one(asking, id);
  }

  @Post(":id/approve")
  @Operation({
    summary: "Approves a request, with changes where it says so",
    access: person("requests.answer"),
    params: RequestPath,
    body: Approval,
    answer: RequestView,
    keepsAnswer: true,
  })
  async approve(
    @Changing() by: ActingPerson,
    @Param("id") id: string,
    @Body() approval: Approval,
  ): Promise<RequestView> {
    await this.requests.approve(by, id, approval);
    return this.views.one(by.person, id);
  }

  @Post(":id/refuse")
  @Operation({
    summary: "Refuses a request",
    access: person("requests.answer"),
    params: RequestPath,
    body: Refusing,
    answer: RequestView,
    keepsAnswer: true,
  })
  async refuse(
    @Changing() by: ActingPerson,
    @Param("id") id: string,
    @Body() { answer }: z.output<typeof Refusing>,
  ): Promise<RequestView> {
    await this.requests.refuse(by, id, answer);
    return this.views.one(by.person, id);
  }

  @Post(":id/withdraw")
  @Operation({
    summary: "Withdraws a request",
    access: person("requests.ask"),
    params: RequestPath,
    answer: RequestView,
    keepsAnswer: true,
  })
  async withdraw(@Changing() by: ActingPerson, @Param("id") id: string): Promise<RequestView> {
    await this.requests.withdraw(by, id);
    return this.views.one(by.person, id);
  }
}
