import { Body, Controller, Post, Res } from "@nestjs/common";
import type { Response } from "express";
import { z } from "zod";
import { Operation, person } from "../access/operation.js";
import { Changing, type ActingPerson } from "../access/acting-person.js";
import { SecondFactors } from "../sign-in/second-factors.js";
import { Configuration, EXPORT_FORMATS } from "./configuration.js";

const ExportTerms = z.strictObject({
  /** A fresh code of the authenticator app. */
  totp: z.string().max(20),
  format: z.enum(EXPORT_FORMATS).default("json"),
});

/** Everything, to take along. */
@Controller("v1/export")
export class ExportController {
  constructor(
    private readonly configuration: Configuration,
    private readonly secondFactors: SecondFactors,
  ) {}

  @Post()
  @Operation({
    summary: "All apps with all keys, as a configuration of the module",
    access: person("registry.export"),
    body: ExportTerms,
    contentType: "application/octet-stream",
    status: 200,
    made: () => "an export",
    answer: z.string(),
  })
  async export(
    @Changing() by: ActingPerson,
    @Body() { totp, format }: z.output<typeof ExportTerms>,
    @Res({ passthrough: true }) response: Response,
  ): Promise<string> {
    await this.secondFactors.confirm(by, totp, "export");
    const { text } = await this.configuration.export(by, format);
    const name = format === "json" ? "lacre-apps.json" : "lacre-apps.ts";
    response.setHeader("Content-Disposition", `attachment; filename="${name}"`);
    response.setHeader("Cache-Control", "no-store");
    response.type("application/octet-stream");
    return text;
  }
}
