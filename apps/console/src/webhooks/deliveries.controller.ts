import { Body, Controller, Get, Param, Post, Query } from "@nestjs/common";
import type { z } from "zod";
import { Operation, person } from "../access/operation.js";
import { Changing, type ActingPerson } from "../access/acting-person.js";
import { EVENT_TYPES } from "../events/event-types.js";
import { Deliveries } from "./deliveries.js";
import {
  DeliveryPage,
  DeliveryQuery,
  EventTypeList,
  FailedSince,
  Replayed,
} from "./webhook-shapes.js";

/** What was sent to whom. */
@Controller("v1")
export class DeliveriesController {
  constructor(private readonly deliveries: Deliveries) {}

  @Get("webhooks/:id/deliveries")
  @Operation({
    summary: "Lists what was sent to an endpoint, the newest first",
    access: person("webhooks.read"),
    query: DeliveryQuery,
    answer: DeliveryPage,
  })
  page(
    @Param("id") id: string,
    @Query() query: z.output<typeof DeliveryQuery>,
  ): Promise<z.output<typeof DeliveryPage>> {
    return this.deliveries.page(id, query);
  }

  @Post("webhooks/:id/replay-failed")
  @Operation({
    summary: "Sends again what failed since",
    access: person("webhooks.manage"),
    body: FailedSince,
    answer: Replayed,
    keepsAnswer: true,
  })
  async replayFailed(
    @Param("id") id: string,
    @Body() { since }: z.output<typeof FailedSince>,
    @Changing() by: ActingPerson,
  ): Promise<z.output<typeof Replayed>> {
    return { count: await this.deliveries.replayFailed(id, since, by) };
  }

  @Post("deliveries/:id/replay")
  @Operation({
    summary: "Sends a message again, with the same id",
    access: person("webhooks.manage"),
    status: 204,
  })
  replay(@Param("id") id: string, @Changing() by: ActingPerson): Promise<void> {
    return this.deliveries.replay(id, by);
  }

  @Get("webhook-events")
  @Operation({
    summary: "Lists what can be told, with an example of each",
    access: person("webhooks.read"),
    answer: EventTypeList,
  })
  events(): z.output<typeof EventTypeList> {
    return {
      items: Object.entries(EVENT_TYPES).map(([type, { description, example }]) => ({
        type,
        description,
        example,
      })),
    };
  }
}
