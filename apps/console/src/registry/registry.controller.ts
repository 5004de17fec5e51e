import { Controller, Get, Inject, Param, Query, Res, UseGuards } from "@nestjs/common";
import type { Response } from "express";
import { z } from "zod";
import { UnreadableAppError } from "@lacre/core";
import { HmacThrottlerGuard } from "@lacre/nestjs/throttler";
import { RegistryReader } from "@lacre/stores/console";
import { Operation, service } from "../access/operation.js";
import { Problem } from "../problems/problem.js";
import { RegistryChanges } from "./registry-changes.js";

/** The longest that a service may wait for changes, in seconds. */
const LONGEST_WAIT_SECONDS = 25;

const KeyRecord = z.object({
  id: z.string(),
  /** The key itself. */
  apiKey: z.string(),
  encoding: z.string(),
  algorithm: z.string(),
  schemes: z.array(z.string()),
  state: z.enum(["active", "accept-only", "revoked"]),
  notBefore: z.string(),
  expiresAt: z.string().optional(),
});

const AppRecord = z.object({
  app: z
    .object({
      appId: z.string(),
      scopes: z.array(z.string()),
      attributes: z.record(z.string(), z.unknown()),
      networks: z.array(z.string()).optional(),
      limits: z.record(z.string(), z.number()).optional(),
      keys: z.array(KeyRecord),
    })
    .nullable(),
  /** Why the app, which is there, cannot be given. */
  unreadable: z.string().optional(),
});

const AppParams = z.object({ appId: z.string().min(1).max(128) });
const ChangesQuery = z.strictObject({
  after: z.coerce.number().int().min(0).optional(),
  wait: z.coerce.number().int().min(0).max(LONGEST_WAIT_SECONDS).default(0),
});
const Changes = z.object({
  seq: z.number(),
  changed: z.union([z.array(z.string()), z.literal("all")]),
});

/** What verifying services read: apps with their keys, and which of them have changed. */
@Controller("v1/registry")
@UseGuards(HmacThrottlerGuard)
export class RegistryController {
  constructor(
    @Inject(RegistryReader) private readonly reader: RegistryReader,
    @Inject(RegistryChanges) private readonly changes: RegistryChanges,
  ) {}

  @Get("apps/:appId")
  @Operation({
    summary: "An app that is active, with its keys",
    access: service("registry:read"),
    params: AppParams,
    answer: AppRecord,
  })
  async app(@Param() { appId }: z.output<typeof AppParams>): Promise<object> {
    try {
      const app = await this.reader.read(appId);
      if (app === undefined) throw new Problem("not-found");
      return { app };
    } catch (error) {
      if (error instanceof UnreadableAppError) return { app: null, unreadable: error.message };
      throw error;
    }
  }

  @Get("changes")
  @Operation({
    summary: "Which apps have changed after a number; waits for a change where it is asked to",
    access: service("registry:read"),
    query: ChangesQuery,
    answer: Changes,
  })
  async changed(
    @Query() { after, wait }: z.output<typeof ChangesQuery>,
    @Res({ passthrough: true }) response: Response,
  ): Promise<z.output<typeof Changes>> {
    const gone = new AbortController();
    response.once("close", () => gone.abort());
    const { seq, changed } = await this.changes.after(after, {
      waitSeconds: wait,
      gone: gone.signal,
    });
    return { seq, changed: changed === "all" ? changed : [...changed] };
  }
}
