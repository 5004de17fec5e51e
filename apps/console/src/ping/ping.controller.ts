import { Controller, Get } from "@nestjs/common";
import { z } from "zod";
import { EVERYBODY, Operation } from "../access/operation.js";

const Pong = z.object({ code: z.literal(200), message: z.literal("pong") });

@Controller("v1/ping")
export class PingController {
  @Get()
  @Operation({ summary: "Says that the console is alive", access: EVERYBODY, answer: Pong })
  ping(): z.output<typeof Pong> {
    return { code: 200, message: "pong" };
  }
}
