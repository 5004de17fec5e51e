import { Controller, Get, Query, Res } from "@nestjs/common";
import type { Response } from "express";
import { z } from "zod";
import { Operation, person } from "../../access/operation.js";
import { Asking, type Person } from "../../access/person.js";
import { FILTER_QUERY } from "../verdict-filter.js";
import { Tail } from "./tail.js";

const TailQuery = z.strictObject(FILTER_QUERY);

@Controller("v1/verdicts")
export class TailController {
  constructor(private readonly tail: Tail) {}

  @Get("stream")
  @Operation({
    summary: "What is refused, while it happens: events refusal, minute, missed and end",
    access: person("verdicts.read"),
    query: TailQuery,
    contentType: "text/event-stream",
  })
  async stream(
    @Asking() asking: Person,
    @Query() filter: z.output<typeof TailQuery>,
    @Res() response: Response,
  ): Promise<void> {
    const leave = await this.tail.join(asking, filter, () => {
      response.writeHead(200, {
        "Content-Type": "text/event-stream; charset=utf-8",
        // Compression would hold events back.
        "Cache-Control": "no-store, no-transform",
        "X-Accel-Buffering": "no",
        // Else the server would wait for it when it ends.
        Connection: "close",
      });
      return response;
    });
    response.on("close", leave);
    if (response.destroyed) leave();
  }
}
