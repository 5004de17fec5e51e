import { Controller, Get, Header, Inject } from "@nestjs/common";
import { sql } from "drizzle-orm";
import { z } from "zod";
import { EVERYBODY, Operation } from "../access/operation.js";
import { DATABASE } from "../database/database.module.js";
import type { Database } from "../database/database.js";
import { Problem } from "../problems/problem.js";

const PATIENCE_MS = 2_000;
const Health = z.object({ status: z.literal("ok") });

@Controller("v1/health")
export class HealthController {
  constructor(@Inject(DATABASE) private readonly db: Database) {}

  @Get()
  @Header("Cache-Control", "no-store")
  @Operation({
    summary: "Says whether the console can do its work: 503 where its database does not answer",
    access: EVERYBODY,
    answer: Health,
  })
  async health(): Promise<z.output<typeof Health>> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<false>((resolve) => {
      timer = setTimeout(() => resolve(false), PATIENCE_MS);
    });
    const looked = this.db.execute(sql`select 1`).then(
      () => true,
      () => false,
    );
    const isWell = await Promise.race([looked, late]);
    clearTimeout(timer);
    if (!isWell) throw new Problem("unavailable", { detail: "The database does not answer." });
    return { status: "ok" };
  }
}
