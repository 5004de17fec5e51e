import { Body, Controller, Get, Param, Patch, Post, Query } from "@nestjs/common";
import { z } from "zod";
import { Operation, person } from "../access/operation.js";
import { Asking, type Person } from "../access/person.js";
import { pageOf, type Page } from "../conventions/page.js";
import { SeenVersion } from "../conventions/version.js";
import { AppViews, AppsQuery } from "./app-views.js";
import { Apps } from "./apps.js";
import { Changing, type ActingPerson } from "../access/acting-person.js";
import { KEY_SCHEMES } from "./schemes.js";
import { AppChange, AppView, NewApp } from "./shapes.js";

const AppPath = z.object({ appId: z.string() });
const SchemesView = z.object({
  items: z.array(
    z.object({
      name: z.string(),
      title: z.string(),
      encodings: z.array(z.string()),
      algorithms: z.array(z.string()),
      imported: z.boolean(),
    }),
  ),
});

/** Who may call, and what they are. */
@Controller("v1")
export class AppsController {
  constructor(
    private readonly apps: Apps,
    private readonly views: AppViews,
  ) {}

  @Get("apps")
  @Operation({
    summary: "The apps, with the health of their keys",
    access: person("apps.read"),
    query: AppsQuery,
    answer: pageOf(AppView),
  })
  list(
    @Asking() asking: Person,
    @Query() query: z.output<typeof AppsQuery>,
  ): Promise<Page<AppView>> {
    return this.views.list(asking, query);
  }

  @Post("apps")
  @Operation({
    summary: "Makes an app",
    access: person("apps.create"),
    body: NewApp,
    answer: AppView,
    status: 201,
    keepsAnswer: true,
  })
  async create(@Changing() by: ActingPerson, @Body() given: NewApp): Promise<AppView> {
    const { id } = await this.apps.create(by, "app", given);
    return this.views.one(by.person, id);
  }

  @Post("services")
  @Operation({
    summary: "Makes a service: it reads the registry and tells verdicts",
    access: person("services.manage"),
    body: NewApp,
    answer: AppView,
    status: 201,
    keepsAnswer: true,
  })
  async createService(@Changing() by: ActingPerson, @Body() given: NewApp): Promise<AppView> {
    const { id } = await this.apps.create(by, "service", given);
    return this.views.one(by.person, id);
  }

  @Get("apps/:appId")
  @Operation({
    summary: "An app",
    access: person("apps.read"),
    params: AppPath,
    answer: AppView,
  })
  one(@Asking() asking: Person, @Param("appId") appId: string): Promise<AppView> {
    return this.views.one(asking, appId);
  }

  @Patch("apps/:appId")
  @Operation({
    summary: "Changes an app",
    access: person("apps.change"),
    params: AppPath,
    body: AppChange,
    answer: AppView,
  })
  async change(
    @Changing() by: ActingPerson,
    @Param("appId") appId: string,
    @SeenVersion() seen: number,
    @Body() change: AppChange,
  ): Promise<AppView> {
    await this.apps.change(by, appId, seen, change);
    return this.views.one(by.person, appId);
  }

  @Get("schemes")
  @Operation({
    summary: "The schemes that keys can be of",
    access: person("apps.read"),
    answer: SchemesView,
  })
  schemes(): z.output<typeof SchemesView> {
    return {
      items: KEY_SCHEMES.map(({ rules, title, imported }) => ({
        name: rules.name,
        title,
        encodings: [...rules.keyEncodings],
        algorithms: [...rules.keyAlgorithms],
        imported,
      })),
    };
  }
}
