import { Body, Controller, Get, Inject, Patch, Post } from "@nestjs/common";
import { z } from "zod";
import { Operation, person } from "../access/operation.js";
import { SeenVersion } from "../conventions/version.js";
import { Changing, type ActingPerson } from "../access/acting-person.js";
import { OPEN_DATABASE } from "../database/database.module.js";
import type { OpenDatabase } from "../database/database.js";
import { SETTINGS, type ConsoleSettings } from "../start/settings.js";
import { Rewrap, type RewrapProgress } from "../vault/rewrap.js";
import { Choices, ChoicesChange, ChosenSettings } from "./chosen-settings.js";

const SettingsView = z.object({
  ...Choices.shape,
  /** Where the data is. */
  database: z.string(),
  masterKeyId: z.string(),
  /** Secrets that wait for a rewrap. */
  recordsUnderOtherKeys: z.number(),
  version: z.number(),
});
const Progress = z.object({
  running: z.boolean(),
  done: z.number(),
  total: z.number(),
  failed: z.number(),
});

/** What people choose, and what the console was started with. */
@Controller("v1/settings")
export class SettingsController {
  constructor(
    private readonly chosen: ChosenSettings,
    private readonly rewrap: Rewrap,
    @Inject(SETTINGS) private readonly settings: ConsoleSettings,
    @Inject(OPEN_DATABASE) private readonly database: OpenDatabase,
  ) {}

  @Get()
  @Operation({
    summary: "The settings, and how the console stands",
    access: person("settings.read"),
    answer: SettingsView,
  })
  async read(): Promise<z.output<typeof SettingsView>> {
    return {
      ...(await this.chosen.read()),
      database: this.database.place,
      masterKeyId: this.settings.wrapper.id,
      recordsUnderOtherKeys: await this.rewrap.waiting(),
    };
  }

  @Patch()
  @Operation({
    summary: "Changes settings",
    access: person("settings.manage"),
    body: ChoicesChange,
    answer: SettingsView,
  })
  async change(
    @Changing() by: ActingPerson,
    @SeenVersion() seen: number,
    @Body() change: ChoicesChange,
  ): Promise<z.output<typeof SettingsView>> {
    await this.chosen.change(by, seen, change);
    return this.read();
  }

  @Post("rewrap")
  @Operation({
    summary: "Brings every secret under the master key that counts now",
    access: person("settings.manage"),
    answer: Progress,
    status: 202,
    keepsAnswer: true,
  })
  async begin(@Changing() by: ActingPerson): Promise<RewrapProgress> {
    await this.rewrap.start(by);
    return this.rewrap.progress;
  }

  @Get("rewrap")
  @Operation({
    summary: "How far the rewrap has come",
    access: person("settings.read"),
    answer: Progress,
  })
  progress(): RewrapProgress {
    return this.rewrap.progress;
  }
}
