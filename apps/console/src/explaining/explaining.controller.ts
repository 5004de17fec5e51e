import { Body, Controller, Get, Inject, Param, Post } from "@nestjs/common";
import { eq } from "drizzle-orm";
import { z } from "zod";
import type { AppDefinition, Clock } from "@lacre/core";
import { Operation, person } from "../access/operation.js";
import { Asking, type Person } from "../access/person.js";
import { mayFor } from "../access/reach.js";
import { GivenMoment } from "../conventions/moment.js";
import { definitionOf } from "../credentials/definition.js";
import { KeySecrets } from "../credentials/secrets.js";
import { DATABASE } from "../database/database.module.js";
import type { Database } from "../database/database.js";
import { apps, keys } from "../database/tables.js";
import { RefusalLog, RefusalShape, toldOf, type DeadKeyTold } from "../happened/refusal-log.js";
import { CLOCK } from "../start/settings.js";
import { appThen } from "./app-then.js";
import { ExplainAnswer } from "./explain-answer.js";
import { ExplainThreads } from "./explain-threads.js";
import { Explanation, explanationOf } from "./refusal-explanation.js";

const OneRefusal = z.object({ id: z.string().max(100) });
const ExplainedRefusal = RefusalShape.extend({ explanation: Explanation });

const Pasted = z.strictObject({
  /** A raw request, a curl command, or a HAR entry. */
  request: z.string().min(1).max(500_000),
  /** When it is judged; now unless given. */
  at: GivenMoment.optional(),
  /** The public origin of the server; the request's own unless given. */
  origin: z
    .url({ protocol: /^https?$/ })
    .max(300)
    .optional(),
  /** Who sent it, for formats whose requests do not say. */
  appId: z.string().max(128).optional(),
  /** From where it came, to be held against the networks of its app; they are not looked at unless given. */
  address: z.union([z.ipv4(), z.ipv6()]).optional(),
});

@Controller("v1")
export class ExplainingController {
  constructor(
    @Inject(DATABASE) private readonly db: Database,
    @Inject(CLOCK) private readonly clock: Clock,
    private readonly secrets: KeySecrets,
    private readonly log: RefusalLog,
    private readonly threads: ExplainThreads,
  ) {}

  @Get("refusals/:id")
  @Operation({
    summary: "One refusal, and what is likely behind it",
    access: person("verdicts.read"),
    params: OneRefusal,
    answer: ExplainedRefusal,
  })
  async refusal(
    @Asking() asking: Person,
    @Param() { id }: z.output<typeof OneRefusal>,
  ): Promise<z.output<typeof ExplainedRefusal>> {
    const row = await this.log.one(asking, id);
    const told = toldOf(row);
    const deadKey = told.deadKey && (await this.#whyDead(told.deadKey));
    const then =
      row.code === "app-unknown" && told.appId !== null
        ? await appThen(this.db, told.appId, row.at)
        : undefined;
    return { ...told, deadKey, explanation: explanationOf(row, deadKey, then) };
  }

  @Post("explain")
  @Operation({
    summary: "Tries a request as a service would: sends nothing, and burns no nonce",
    access: person("explain.try"),
    body: Pasted,
    answer: ExplainAnswer,
    changesNothing: true,
  })
  explain(
    @Asking() asking: Person,
    @Body() { request, at, origin, appId, address }: z.output<typeof Pasted>,
  ): Promise<ExplainAnswer> {
    const atMs = at?.getTime() ?? this.clock.nowMs();
    // A key that was made within this second is good.
    const task = { request, atSeconds: Math.ceil(atMs / 1000), origin, appId, address };
    return this.threads.explain(task, (name) => this.#definition(asking, name));
  }

  /** Of a disabled app, services take every key as revoked. A revocation is for ever, so the key's own state tells. */
  async #whyDead({ id, why }: DeadKeyTold): Promise<DeadKeyTold> {
    if (why !== "revoked") return { id, why };
    const [key] = await this.db.select({ state: keys.state }).from(keys).where(eq(keys.id, id));
    return { id, why: key === undefined || key.state === "revoked" ? why : "app-disabled" };
  }

  /** Undefined where there is no such app, and where it is not theirs: nobody learns which. */
  async #definition(asking: Person, appId: string): Promise<AppDefinition | undefined> {
    const [app] = await this.db.select().from(apps).where(eq(apps.id, appId));
    if (app === undefined || !mayFor(asking, app.teamId)) return undefined;
    const ring = await this.db.select().from(keys).where(eq(keys.appId, appId));
    const { open, unreadable } = await this.secrets.openRing(ring);
    const [first] = unreadable;
    if (first !== undefined) await this.secrets.open(first); // which says why it cannot
    return definitionOf(app, open);
  }
}
