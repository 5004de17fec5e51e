import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from "@jest/globals";
import {
  All,
  Body,
  Controller,
  Delete,
  Get,
  Headers,
  Logger,
  HttpCode,
  Param,
  Put,
  Query,
  Req,
  Res,
} from "@nestjs/common";
import type { INestApplication } from "@nestjs/common";
import type { NestExpressApplication } from "@nestjs/platform-express";
import type { NestFastifyApplication } from "@nestjs/platform-fastify";
import { Signer } from "@lacre/core";
import { azureHmac } from "@lacre/schemes/azure-hmac";
import { azureSharedKey } from "@lacre/schemes/azure-shared-key";
import { HmacPrincipal, HmacProtected } from "@lacre/nestjs";
import { PLATFORMS, startApp, type Platform, type RunningApp } from "../../support/app.js";
import { blocksOf } from "../../docs/markdown.js";
import { freePort, Workshop } from "../../docs/workshop.js";
import { forEachCase } from "../random.js";
import { foreign, needForeign, versionOf } from "./foreign.js";

/** Gives handlers the content of every type as text, as an application for these clients would. */
function takeText(app: INestApplication, platform: Platform): void {
  if (platform === "express")
    (app as NestExpressApplication).useBodyParser("text", { type: () => true });
  else {
    const fastify = app as NestFastifyApplication;
    const types = ["application/json", "text/plain", "*"];
    for (const type of types)
      fastify.useBodyParser(type, { bodyLimit: 1_048_576 }, (_request, body, done) =>
        done(null, body.toString("utf8")),
      );
  }
}

const textOf = (body: unknown): string => (typeof body === "string" ? body : "");

describe(`@azure/app-configuration ${versionOf("@azure/app-configuration")}`, () => {
  interface Setting {
    key: string;
    value?: string;
    label?: string;
  }
  interface AppConfigurationClient {
    setConfigurationSetting(setting: Setting): Promise<Setting>;
    getConfigurationSetting(setting: Setting): Promise<Setting>;
    deleteConfigurationSetting(setting: Setting): Promise<unknown>;
    listConfigurationSettings(options: object): AsyncIterable<Setting>;
  }
  interface Package {
    AppConfigurationClient: new (connection: string, options: object) => AppConfigurationClient;
  }

  const SECRET = Buffer.from([...Array(32).keys()]).toString("base64");
  const kept = new Map<string, string>();

  @Controller("kv")
  @HmacProtected({ schemes: ["azure-hmac"] })
  class SettingsController {
    @Get()
    list(@Query() query: Record<string, string>, @HmacPrincipal("appId") appId: string) {
      const items = [...kept].map(([key, value]) => ({ key, value, label: query["label"], appId }));
      return { items };
    }
    @Get(":key")
    get(@Param("key") key: string) {
      return { key, value: kept.get(key), locked: false };
    }
    @Put(":key")
    put(@Param("key") key: string, @Body() body: unknown, @Query("label") label?: string) {
      const { value } = JSON.parse(textOf(body)) as { value: string };
      kept.set(key, value);
      return { key, value, label, locked: false };
    }
    @Delete(":key")
    @HttpCode(204)
    remove(@Param("key") key: string) {
      kept.delete(key);
    }
  }

  describe.each(PLATFORMS)("against %s", (platform) => {
    let server: RunningApp;
    let make: (secret: string, id?: string) => AppConfigurationClient;
    beforeAll(async () => {
      needForeign();
      const { AppConfigurationClient } = await foreign<Package>("@azure/app-configuration");
      server = await startApp(platform, {
        controllers: [SettingsController],
        hmac: {
          schemes: [azureHmac()],
          apps: [{ appId: "demo", apiKey: SECRET, encoding: "base64", schemes: ["azure-hmac"] }],
        },
        main: (app) => takeText(app, platform),
      });
      make = (secret, id = "demo") =>
        new AppConfigurationClient(`Endpoint=${server.url};Id=${id};Secret=${secret}`, {
          allowInsecureConnection: true,
          retryOptions: { maxRetries: 0 },
        });
    });
    afterAll(() => server.close());

    it("writes, reads, lists and deletes settings", async () => {
      const client = make(SECRET);
      const setting = { key: "Größe a b:c&d", value: "größer als \u{1f600}", label: "prod, x" };
      expect(await client.setConfigurationSetting(setting)).toMatchObject({
        value: setting.value,
        label: setting.label,
      });
      expect(kept.get(setting.key)).toBe(setting.value);
      expect(await client.getConfigurationSetting({ key: setting.key })).toMatchObject({
        value: setting.value,
      });
      const listed: Setting[] = [];
      const filter = { keyFilter: "G*,*x", labelFilter: "prod" };
      for await (const each of client.listConfigurationSettings(filter)) listed.push(each);
      expect(listed).toMatchObject([{ key: setting.key, label: "prod" }]);
      await client.deleteConfigurationSetting({ key: setting.key });
      expect(kept.size).toBe(0);
    });

    it("is refused under another key or another name, with nothing but our challenge", async () => {
      const other = Buffer.from([...Array(32).keys()].toReversed()).toString("base64");
      for (const [client, code] of [
        [make(other), "signature-mismatch"],
        [make(SECRET, "other"), "app-unknown"],
        [make(SECRET, "0-l9-s0:abc"), "app-id-malformed"],
      ] as const) {
        const refused = client.setConfigurationSetting({ key: "k", value: "v" });
        await expect(refused).rejects.toMatchObject({ statusCode: 401 });
        expect(server.lastCode()).toBe(code);
      }
      expect(kept.size).toBe(0);
      const bare = await fetch(`${server.url}/kv`);
      expect([bare.status, bare.headers.get("www-authenticate")]).toEqual([401, "HMAC-SHA256"]);
    });
  });
});

const ACCOUNT = "devstoreaccount1";
const ACCOUNT_KEY = Buffer.from([...Array(64).keys()]).toString("base64");

describe(`@azure/storage-blob ${versionOf("@azure/storage-blob")}`, () => {
  interface Answered {
    readonly _response: { readonly status: number };
  }
  interface BlockBlobClient {
    upload(body: string, length: number, options?: object): Promise<Answered>;
    stageBlock(id: string, body: string, length: number, options?: object): Promise<Answered>;
    setMetadata(metadata: Record<string, string>): Promise<Answered>;
    getProperties(): Promise<Answered>;
    delete(): Promise<Answered>;
  }
  interface ContainerClient {
    create(): Promise<Answered>;
    getBlockBlobClient(name: string): BlockBlobClient;
    listBlobsFlat(options: object): { byPage(): AsyncIterator<Answered> };
  }
  interface Package {
    BlobServiceClient: new (
      url: string,
      credential: unknown,
      options: object,
    ) => { getContainerClient(name: string): ContainerClient };
    StorageSharedKeyCredential: new (account: string, key: string) => unknown;
  }

  /** What came in: the service answers nothing that anybody reads. */
  let seen: { method: string; url: string; content: string; headers: Record<string, string> }[] =
    [];

  @Controller()
  @HmacProtected({ schemes: ["azure-shared-key"] })
  class BlobController {
    @All([":container", ":container/:blob", ":container/:folder/:blob"])
    take(
      @Req() { method, url }: { method: string; url: string },
      @Headers() headers: Record<string, string>,
      @Body() body: unknown,
      @Res({ passthrough: true }) response: {
        status(code: number): void;
        header(name: string, value: string): void;
      },
    ) {
      seen.push({ method, url, content: textOf(body), headers });
      response.header("content-type", "application/xml");
      const isList = url.includes("comp=list");
      response.status(
        method === "DELETE"
          ? 202
          : isList || method === "HEAD" || url.includes("metadata")
            ? 200
            : 201,
      );
      return isList
        ? '<?xml version="1.0"?><EnumerationResults><Blobs></Blobs><NextMarker /></EnumerationResults>'
        : "";
    }
  }

  describe.each(PLATFORMS)("against %s", (platform) => {
    const servers = new Map<boolean, RunningApp>();
    let container: (allowUnsignedContent: boolean, key?: string) => ContainerClient;
    beforeAll(async () => {
      needForeign();
      const { BlobServiceClient, StorageSharedKeyCredential } =
        await foreign<Package>("@azure/storage-blob");
      for (const allowUnsignedContent of [false, true])
        servers.set(
          allowUnsignedContent,
          await startApp(platform, {
            controllers: [BlobController],
            hmac: {
              schemes: [azureSharedKey({ allowUnsignedContent })],
              apps: [
                {
                  appId: ACCOUNT,
                  apiKey: ACCOUNT_KEY,
                  encoding: "base64",
                  schemes: ["azure-shared-key"],
                },
              ],
            },
            main: (app) => takeText(app, platform),
          }),
        );
      container = (allowUnsignedContent, key = ACCOUNT_KEY) =>
        new BlobServiceClient(
          servers.get(allowUnsignedContent)?.url ?? "",
          new StorageSharedKeyCredential(ACCOUNT, key),
          { retryOptions: { maxTries: 1 } },
        ).getContainerClient("photos");
    });
    afterAll(() => Promise.all([...servers.values()].map((server) => server.close())));
    beforeEach(() => {
      seen = [];
    });

    it("creates, lists, stages, describes and deletes", async () => {
      const photos = container(false);
      const blob = photos.getBlockBlobClient("täg/a b+c.txt");
      const md5 = new Uint8Array(Buffer.from("ZajifYh5KDgxtmS9i38K1A==", "base64"));
      const list = photos.listBlobsFlat({ prefix: "tä/&=+ ,", includeMetadata: true });
      const answers = [
        await photos.create(),
        await blob.stageBlock("QQ==", "Hello, World!", 13, { transactionalContentMD5: md5 }),
        await blob.setMetadata({ "a-b": "1", ab: "2", a_c: "3", A1: "4 5" }),
        await blob.getProperties(),
        (await list.byPage().next()).value as Answered,
        await blob.delete(),
      ];
      expect(answers.map(({ _response }) => _response.status)).toEqual([
        201, 201, 200, 200, 200, 202,
      ]);
      expect(seen.map(({ method, content }) => [method, content])).toEqual([
        ["PUT", ""],
        ["PUT", "Hello, World!"],
        ["PUT", ""],
        ["HEAD", ""],
        ["GET", ""],
        ["DELETE", ""],
      ]);
    });

    it("uploads without Content-MD5, which is refused unless that is allowed", async () => {
      const upload = (allow: boolean) =>
        container(allow).getBlockBlobClient("a.txt").upload("Hello, World!", 13);
      await expect(upload(false)).rejects.toMatchObject({ statusCode: 401 });
      expect(servers.get(false)?.lastCode()).toBe("content-undigested");
      expect(seen).toEqual([]);
      expect((await upload(true))._response.status).toBe(201);
      expect(seen.map(({ headers }) => headers["content-md5"])).toEqual([undefined]);
    });

    it("is refused with content that is not what its MD5 says, and under another key", async () => {
      const md5 = new Uint8Array(16);
      const stage = container(false)
        .getBlockBlobClient("a.txt")
        .stageBlock("QQ==", "Hello", 5, { transactionalContentMD5: md5 });
      await expect(stage).rejects.toMatchObject({ statusCode: 401 });
      expect(servers.get(false)?.lastCode()).toBe("content-mismatch");
      const other = Buffer.from([...Array(64).keys()].toReversed()).toString("base64");
      await expect(container(false, other).create()).rejects.toMatchObject({ statusCode: 401 });
      expect(servers.get(false)?.lastCode()).toBe("signature-mismatch");
      expect(seen).toEqual([]);
    });
  });
});

describe("the signer of @azure/storage-common", () => {
  interface Policy {
    sendRequest(request: unknown, next: (request: unknown) => Promise<unknown>): Promise<unknown>;
  }
  interface PipelineRequest {
    readonly headers: {
      get(name: string): string | undefined;
      set(name: string, value: string): void;
    };
    body?: string;
  }

  it("signs 300 random requests as ours does", async () => {
    needForeign();
    const { storageSharedKeyCredentialPolicy } = await foreign<{
      storageSharedKeyCredentialPolicy(options: object): Policy;
    }>("@azure/storage-common");
    const { createPipelineRequest } = await foreign<{
      createPipelineRequest(options: object): PipelineRequest;
    }>("@azure/core-rest-pipeline");
    const policy = storageSharedKeyCredentialPolicy({
      accountName: ACCOUNT,
      accountKey: Buffer.from(ACCOUNT_KEY, "base64"),
    });
    const signer = new Signer({
      appId: ACCOUNT,
      apiKey: ACCOUNT_KEY,
      scheme: azureSharedKey({ allowUnsignedContent: true }),
    });

    await forEachCase(300, async (random) => {
      const word = (characters: string, atMost: number): string =>
        random.pick([..."abcxyz"]) + random.times(atMost, () => random.pick(characters)).join("");
      // No two names that CGI takes for one: those are refused.
      const metadata = new Map<string, [string, string]>();
      for (const name of random.times(6, () => `x-ms-meta-${word("ab-_19", 5)}`)) {
        const value = word("AZaz09 ,;=", 6).replaceAll(/ {2,}/g, " ").trim();
        metadata.set(name.replaceAll("_", "-"), [name, value]);
      }
      const query = new Map(random.times(4, () => [word("abcdef19", 4), word(" &=+/é,AZ", 5)]));
      const search = [...query].map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
      const url = `https://account.example.com/${word("abc/", 6)}?${search.join("&")}`;
      const headers = [...metadata.values()];
      // Neither Content-Encoding nor Content-Language: their signer has the lines of these two the wrong way round.
      if (random.chance(2)) headers.push(["Content-Type", word("abc", 3)]);
      if (random.chance(3)) headers.push(["If-Match", '"7"']);
      if (random.chance(3)) headers.push(["Range", "bytes=0-9"]);
      const body = random.chance(2) ? word("xyz", 20) : undefined;
      const request = createPipelineRequest({ url, method: "PUT" });
      for (const [name, value] of headers) request.headers.set(name, value);
      // Ours adds the Content-MD5 by itself.
      const content = body === undefined ? undefined : Buffer.from(body);
      const draft = signer.sign({ method: "PUT", url, headers, ...(content && { content }) });
      const md5 = draft.headers.find(([name]) => name === "content-md5")?.[1];
      if (md5 !== undefined) request.headers.set("Content-MD5", md5);
      if (body !== undefined) request.body = body;
      await policy.sendRequest(request, () => Promise.resolve(undefined));

      const atMs = Date.parse(request.headers.get("x-ms-date") ?? "");
      const ours = signer.sign({ method: "PUT", url, headers, ...(content && { content }) }, atMs);
      const authorization = ours.headers.find(([name]) => name === "authorization")?.[1];
      expect({ authorization, url, headers }).toEqual({
        authorization: request.headers.get("authorization"),
        url,
        headers,
      });
    });
  });
});

/** Every timer but the date is real. */
const REAL_TIMERS = [
  "hrtime",
  "nextTick",
  "performance",
  "queueMicrotask",
  "setImmediate",
  "clearImmediate",
  "setInterval",
  "clearInterval",
  "setTimeout",
  "clearTimeout",
] as const;

describe("the pages of Azure's formats", () => {
  beforeAll(() => {
    needForeign();
    Logger.overrideLogger(false);
    jest.useFakeTimers({ doNotFake: [...REAL_TIMERS], now: Date.now() });
  });
  afterAll(() => {
    jest.useRealTimers();
  });

  it.each([
    [
      "docs/schemes/azure-hmac.md",
      "PARTNER_SECRET",
      32,
      "with-app-configuration.js",
      { written: { value: "red" }, setting: { value: "blue", label: "partner" } },
    ],
    [
      "docs/schemes/azure-shared-key.md",
      "ACCOUNT_KEY",
      64,
      "with-storage-blob.js",
      { staged: expect.anything(), read: "for photos" },
    ],
  ])("%s: Microsoft's client calls its server", async (path, variable, length, file, expected) => {
    process.env[variable] = Buffer.from([...Array(length).keys()]).toString("base64");
    const port = String(await freePort());
    const workshop = new Workshop(path, { "3000": port });
    // Beside the packages that the client is one of.
    const folder = mkdtempSync(join(import.meta.dirname, ".page-"));
    const { app } = (await workshop.run("server.ts")) as { app: INestApplication };
    jest.setSystemTime(Date.now() + 6000); // a memory store refuses what was signed right after its start
    try {
      const { code } = blocksOf(path).find((block) => block.file === file) as { code: string };
      writeFileSync(join(folder, "client.mjs"), code.replaceAll("3000", port));
      expect(await import(join(folder, "client.mjs"))).toMatchObject(expected);
    } finally {
      await app.close();
      workshop.close();
      rmSync(folder, { recursive: true });
    }
  });
});
