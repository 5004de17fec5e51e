import { Body, Controller, Inject, Post, UseGuards } from "@nestjs/common";
import { z } from "zod";
import { HmacPrincipal } from "@lacre/nestjs";
import { HmacThrottlerGuard } from "@lacre/nestjs/throttler";
import { Operation, service } from "../access/operation.js";
import { Batch } from "./batch.js";
import { Ingest } from "./ingest.js";

const Taken = z.object({
  /** False where a batch of this id had been counted before: it is not counted again. */
  counted: z.boolean(),
});

/** Where services tell of their verdicts, each under its own name. */
@Controller("v1/ingest")
@UseGuards(HmacThrottlerGuard)
export class IngestController {
  constructor(@Inject(Ingest) private readonly ingest: Ingest) {}

  @Post()
  @Operation({
    summary: "Counts verdicts of the service that signs, each batch once",
    access: service("verdicts:write"),
    body: Batch,
    answer: Taken,
    status: 200,
  })
  async take(
    @HmacPrincipal("appId") appId: string,
    @Body() batch: Batch,
  ): Promise<z.output<typeof Taken>> {
    return { counted: await this.ingest.take(appId, batch) };
  }
}
