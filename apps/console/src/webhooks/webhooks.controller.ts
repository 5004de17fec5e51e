import { Body, Controller, Delete, Get, Param, Patch, Post } from "@nestjs/common";
import type { z } from "zod";
import { Operation, person } from "../access/operation.js";
import { Changing, type ActingPerson } from "../access/acting-person.js";
import { SeenVersion } from "../conventions/version.js";
import { WebhookEndpoints } from "./webhook-endpoints.js";
import {
  Endpoint,
  EndpointChange,
  EndpointList,
  NewEndpoint,
  NewlyMade,
  NewSecret,
  SecretRotation,
  type EndpointView,
} from "./webhook-shapes.js";

const READ = person("webhooks.read");
const MANAGE = person("webhooks.manage");

/** Where events go. */
@Controller("v1/webhooks")
export class WebhooksController {
  constructor(private readonly endpoints: WebhookEndpoints) {}

  @Get()
  @Operation({ summary: "Lists where events go", access: READ, answer: EndpointList })
  async list(): Promise<z.output<typeof EndpointList>> {
    return { items: await this.endpoints.list() };
  }

  @Post()
  @Operation({
    summary: "Adds an endpoint; its secret is shown this once",
    access: MANAGE,
    body: NewEndpoint,
    answer: NewlyMade,
    status: 201,
    made: ({ endpoint }: z.output<typeof NewlyMade>) => `the endpoint ${endpoint.id}`,
  })
  create(
    @Body() body: z.output<typeof NewEndpoint>,
    @Changing() by: ActingPerson,
  ): Promise<z.output<typeof NewlyMade>> {
    return this.endpoints.create(body, by);
  }

  @Get(":id")
  @Operation({ summary: "Shows an endpoint", access: READ, answer: Endpoint })
  one(@Param("id") id: string): Promise<EndpointView> {
    return this.endpoints.one(id);
  }

  @Patch(":id")
  @Operation({
    summary: "Changes an endpoint",
    access: MANAGE,
    body: EndpointChange,
    answer: Endpoint,
  })
  change(
    @Param("id") id: string,
    @Body() body: z.output<typeof EndpointChange>,
    @SeenVersion() version: number,
    @Changing() by: ActingPerson,
  ): Promise<EndpointView> {
    return this.endpoints.change(id, body, version, by);
  }

  @Delete(":id")
  @Operation({ summary: "Removes an endpoint and its deliveries", access: MANAGE })
  remove(
    @Param("id") id: string,
    @SeenVersion() version: number,
    @Changing() by: ActingPerson,
  ): Promise<void> {
    return this.endpoints.remove(id, version, by);
  }

  @Post(":id/secret")
  @Operation({
    summary: "Rotates the secret; the new one is shown this once",
    access: MANAGE,
    body: SecretRotation,
    answer: NewSecret,
    status: 201,
    made: () => "a new secret",
  })
  rotate(
    @Param("id") id: string,
    @Body() body: z.output<typeof SecretRotation>,
    @Changing() by: ActingPerson,
  ): Promise<z.output<typeof NewSecret>> {
    return this.endpoints.rotate(id, body, by);
  }

  @Post(":id/test")
  @Operation({ summary: "Sends a test message", access: MANAGE, status: 204 })
  test(@Param("id") id: string, @Changing() by: ActingPerson): Promise<void> {
    return this.endpoints.test(id, by);
  }
}
