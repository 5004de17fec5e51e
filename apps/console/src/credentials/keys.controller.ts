import { Body, Controller, Get, Inject, Param, Patch, Post } from "@nestjs/common";
import { z } from "zod";
import { Operation, person } from "../access/operation.js";
import { Asking, type Person } from "../access/person.js";
import { Words } from "../conventions/texts.js";
import { SeenVersion } from "../conventions/version.js";
import { SETTINGS, type ConsoleSettings } from "../start/settings.js";
import { Changing, type ActingPerson } from "../access/acting-person.js";
import type { Issued } from "./key-writer.js";
import { KeyViews } from "./key-views.js";
import { Keys } from "./keys.js";
import { Rotations } from "./rotations.js";
import {
  IssuedKey,
  KeyChange,
  KeyView,
  NewKey,
  Revocation,
  RotatedKey,
  Rotation,
  UsesView,
} from "./shapes.js";
import { serviceSnippets } from "./service-snippets.js";
import { snippetsFor } from "./snippets.js";

const AppPath = z.object({ appId: z.string() });
const KeyPath = z.object({ appId: z.string(), keyId: z.string() });
const KeysView = z.object({ items: z.array(KeyView) });
const RevokeBody = z.strictObject({ reason: Words });

const made = ({ key }: { readonly key: KeyView }): string => `the key ${key.id}`;

/** Versions of an app's credential. */
@Controller("v1/apps/:appId")
export class KeysController {
  constructor(
    private readonly keys: Keys,
    private readonly rotations: Rotations,
    private readonly views: KeyViews,
    @Inject(SETTINGS) private readonly settings: ConsoleSettings,
  ) {}

  @Get("keys")
  @Operation({
    summary: "The keys of an app, the newest first",
    access: person("keys.read"),
    params: AppPath,
    answer: KeysView,
  })
  async list(
    @Asking() asking: Person,
    @Param("appId") appId: string,
  ): Promise<z.output<typeof KeysView>> {
    return { items: await this.views.ofApp(asking, appId) };
  }

  @Get("uses")
  @Operation({
    summary: "From where each key was used, and when last",
    access: person("keys.read"),
    params: AppPath,
    answer: UsesView,
  })
  uses(
    @Asking() asking: Person,
    @Param("appId") appId: string,
  ): Promise<z.output<typeof UsesView>> {
    return this.views.uses(asking, appId);
  }

  @Post("keys")
  @Operation({
    summary: "Issues a key: the only answer that shows it",
    access: person("keys.issue"),
    params: AppPath,
    body: NewKey,
    answer: IssuedKey,
    status: 201,
    made,
  })
  async issue(
    @Changing() by: ActingPerson,
    @Param("appId") appId: string,
    @Body() given: NewKey,
  ): Promise<z.output<typeof IssuedKey>> {
    return this.#shownOnce(by, await this.keys.issue(by, appId, given));
  }

  @Get("keys/:keyId")
  @Operation({
    summary: "A key",
    access: person("keys.read"),
    params: KeyPath,
    answer: KeyView,
  })
  one(
    @Asking() asking: Person,
    @Param("appId") appId: string,
    @Param("keyId") keyId: string,
  ): Promise<KeyView> {
    return this.views.one(asking, appId, keyId);
  }

  @Post("keys/:keyId/rotate")
  @Operation({
    summary: "Makes the successor of a key, which lives beside it for a while",
    access: person("keys.rotate"),
    params: KeyPath,
    body: Rotation,
    answer: RotatedKey,
    status: 201,
    made,
  })
  async rotate(
    @Changing() by: ActingPerson,
    @Param("appId") appId: string,
    @Param("keyId") keyId: string,
    @Body() rotation: Rotation,
  ): Promise<z.output<typeof RotatedKey>> {
    const issued = await this.rotations.rotate(by, appId, keyId, rotation);
    const old = await this.views.one(by.person, appId, keyId);
    return { ...(await this.#shownOnce(by, issued)), old };
  }

  @Patch("keys/:keyId")
  @Operation({
    summary: "Ends a key earlier or later, or has nobody sign with it any more",
    access: person("keys.end"),
    params: KeyPath,
    body: KeyChange,
    answer: KeyView,
  })
  async change(
    @Changing() by: ActingPerson,
    @Param("appId") appId: string,
    @Param("keyId") keyId: string,
    @SeenVersion() seen: number,
    @Body() change: KeyChange,
  ): Promise<KeyView> {
    await this.keys.change(by, appId, keyId, seen, change);
    return this.views.one(by.person, appId, keyId);
  }

  @Get("keys/:keyId/revocation")
  @Operation({
    summary: "What would break if a key were revoked",
    access: person("keys.read"),
    params: KeyPath,
    answer: Revocation,
  })
  revocation(
    @Asking() asking: Person,
    @Param("appId") appId: string,
    @Param("keyId") keyId: string,
  ): Promise<z.output<typeof Revocation>> {
    return this.views.revocation(asking, appId, keyId);
  }

  @Post("keys/:keyId/revoke")
  @Operation({
    summary: "Revokes a key for ever",
    access: person("keys.revoke"),
    params: KeyPath,
    body: RevokeBody,
    answer: KeyView,
    keepsAnswer: true,
  })
  async revoke(
    @Changing() by: ActingPerson,
    @Param("appId") appId: string,
    @Param("keyId") keyId: string,
    @Body() { reason }: z.output<typeof RevokeBody>,
  ): Promise<KeyView> {
    await this.keys.revoke(by, appId, keyId, reason);
    return this.views.one(by.person, appId, keyId);
  }

  async #shownOnce(
    { person: asking }: ActingPerson,
    { key: row, apiKey, kind }: Issued,
  ): Promise<z.output<typeof IssuedKey>> {
    const key = await this.views.one(asking, row.appId, row.id);
    const snippets =
      kind === "service" ? serviceSnippets(row.appId, this.settings.origin) : snippetsFor(row);
    return { key, apiKey, snippets };
  }
}
