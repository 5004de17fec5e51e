/*
 * Libraries that take a fetch, as npm hands them out, with the client as npm will: the programs of the recipe against
 * a server of Nest's. Needs the package registry. Some of them need a newer Node, which comes from there too.
 */
import { rm, mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { ApolloDriver, type ApolloDriverConfig } from "@nestjs/apollo";
import { Body, Controller, Post, Sse, type Type } from "@nestjs/common";
import { Args, GraphQLModule, Mutation, Query, Resolver } from "@nestjs/graphql";
import { HmacPrincipal, HmacProtected, HmacSignedResponse } from "@lacre/nestjs";
import { of } from "rxjs";
import { finish, pack, run } from "../package/packed.js";
import { DEMO_KEY, startApp, type RunningApp } from "../support/app.js";
import { SigningServer } from "../support/signing-server.js";
import { ChangingProxy } from "../support/changing-proxy.js";
import { Workshop } from "./workshop.js";

const PACKAGES = [
  "ky@2.1.0",
  "ofetch@1.5.1",
  "wretch@3.0.9",
  "openapi-fetch@0.17.0",
  "graphql-request@7.4.0",
  "graphql@16.15.0",
  "@apollo/client@4.3.8",
  "rxjs@7.8.2",
  "@trpc/client@11.25.2",
  "@trpc/server@11.25.2",
  "eventsource@5.1.5",
];
const RUNTIME = `node-${process.platform}-${process.arch}`;

/** Each library sends once more what it may, and the client itself nothing. */
const RETRIES = `
import { signFetch } from "@lacre/client";
import { ApolloClient, ApolloLink, gql, HttpLink, InMemoryCache } from "@apollo/client";
import { RetryLink } from "@apollo/client/link/retry";
import { createTRPCClient, httpLink, retryLink } from "@trpc/client";
import ky from "ky";
import { createFetch } from "ofetch";
import wretch from "wretch";
import { retry } from "wretch/middlewares";

const { LACRE_URL: url, LACRE_APP_ID: appId, LACRE_API_KEY: apiKey } = process.env;
const call = signFetch(fetch, { appId, apiKey, retries: 0 });
const once = { fetch: call, retry: { limit: 1, delay: () => 1 } };
const ofetch = createFetch({ fetch: call });
const request = () => new Request(url, { method: "PUT", body: "tea" });
const form = () => { const form = new FormData(); form.set("item", new Blob(["tea"]), "tea"); return form; };
const query = gql\`{ a }\`;
const link = (...links) => new ApolloClient({ cache: new InMemoryCache(), link: ApolloLink.from(links) });
const http = new HttpLink({ uri: url, fetch: call });
const asks = {
  "ky": () => ky.put(url, { json: { item: "tea" }, ...once }).text(),
  "ky, a Request": () => ky(request(), once).text(),
  "ky, a form": () => ky.put(url, { body: form(), ...once }).text(),
  "ofetch": () => ofetch(url, { method: "PUT", body: { item: "tea" }, retry: 1 }),
  "ofetch, a Request": () => ofetch(request(), { retry: 1 }),
  "ofetch, a form": () => ofetch(url, { method: "PUT", body: form(), retry: 1 }),
  "wretch": () => wretch(url).fetchPolyfill(call)
    .middlewares([retry({ delayTimer: 1, maxAttempts: 1 })]).put({ item: "tea" }).text(),
  "Apollo": () => link(new RetryLink({ delay: { initial: 1 } }), http).query({ query }),
  "tRPC": () => createTRPCClient({
    links: [retryLink({ retry: ({ attempts }) => attempts < 3 }), httpLink({ url, fetch: call })],
  }).a.mutate("tea"),
};
for (const [name, ask] of Object.entries(asks))
  await ask().then(() => console.log(name), (error) => console.log(name, error));
`;

/** Queries of GraphQL, which are POSTs, with a key and without. */
const QUERIES = `
import { signFetch } from "@lacre/client";
import { ApolloClient, gql, HttpLink, InMemoryCache } from "@apollo/client";
import { GraphQLClient } from "graphql-request";

const { LACRE_URL: uri, LACRE_APP_ID: appId, LACRE_API_KEY: apiKey } = process.env;
const call = signFetch(fetch, { appId, apiKey });
const query = gql\`{ a }\`;
const requests = new GraphQLClient(uri, { fetch: call });
const apollo = () => new ApolloClient({ link: new HttpLink({ uri, fetch: call }), cache: new InMemoryCache() });
const headers = () => ({ "Idempotency-Key": crypto.randomUUID() });
const asks = {
  "graphql-request": () => requests.request("{ a }", {}, headers()),
  "Apollo": () => apollo().query({ query, context: { headers: headers() } }),
  "graphql-request without": () => requests.request("{ a }"),
  "and again": () => requests.request("{ a }"),
  "Apollo without": () => apollo().query({ query }),
};
for (const [name, ask] of Object.entries(asks))
  await ask().then(() => console.log(name, "served"), (error) => console.log(name, /503/.test(error) ? 503 : error));
`;

/** The limits of time that each library has, while the client waits for a server to come back. */
const LIMITS = `
import { signFetch } from "@lacre/client";
import { createTRPCClient, httpLink } from "@trpc/client";
import { GraphQLClient } from "graphql-request";
import ky from "ky";
import { createFetch } from "ofetch";
import wretch from "wretch";

const { LACRE_URL: url, LACRE_APP_ID: appId, LACRE_API_KEY: apiKey } = process.env;
const call = signFetch(fetch, { appId, apiKey });
const soon = () => AbortSignal.timeout(1000);
const asks = {
  "ky": () => ky.get(url, { fetch: call, timeout: 1000 }),
  "ky, a signal": () => ky.get(url, { fetch: call, signal: soon() }),
  "ofetch": () => createFetch({ fetch: call })(url, { timeout: 1000, retry: 0 }),
  "wretch": () => wretch(url).fetchPolyfill(call).options({ signal: soon() }).get().res(),
  "graphql-request": () => new GraphQLClient(url, { fetch: call, method: "GET", signal: soon() }).request("{ a }"),
  "tRPC": () => createTRPCClient({ links: [httpLink({ url, fetch: call })] }).a.query("tea", { signal: soon() }),
};
await Promise.all(Object.entries(asks).map(async ([name, ask]) => {
  const what = await ask().then(() => "served", (error) => String(error.cause ?? error));
  console.log(name, /time|abort/i.test(what) ? "ended" : what);
}));
`;

/** Retries under the signature, where they do not belong. */
const BELOW = `
import { signFetch } from "@lacre/client";
import wretch from "wretch";
import { retry } from "wretch/middlewares";

const { LACRE_URL: url, LACRE_APP_ID: appId, LACRE_API_KEY: apiKey } = process.env;
const again = retry({ delayTimer: 1, maxAttempts: 1 })(fetch);
const call = signFetch(again, { appId, apiKey, retries: 0 });
console.log((await call(url, { method: "PUT", body: "tea" })).status);
`;

/** What openapi-typescript makes of one route. */
const API = `export interface paths {
  "/orders": {
    post: {
      requestBody: { content: { "application/json": { item: string } } };
      responses: { 201: { content: { "application/json": { item: string; createdBy: string } } } };
    };
  };
}
`;

@Controller("orders")
@HmacProtected()
class OrdersController {
  @Post()
  create(@Body() { item }: { item: string }, @HmacPrincipal("appId") createdBy: string) {
    return { item, createdBy };
  }

  @Sse("events")
  @HmacSignedResponse({ stream: true })
  events() {
    return of({ data: "tea" });
  }
}

@Resolver()
@HmacProtected()
class OrdersResolver {
  @Query(() => String)
  order() {
    return "tea";
  }

  @Mutation(() => String)
  addOrder(@Args("item") item: string, @HmacPrincipal("appId") caller: string) {
    return `${item} for ${caller}`;
  }
}

const workshop = new Workshop("docs/recipes/anything-that-takes-a-fetch.md");
const PROGRAMS = workshop.blocks.flatMap(({ file }) => (file.startsWith("with-") ? [file] : []));
let packed: string;
let server: RunningApp;
let proxy: ChangingProxy;
let node: string;

beforeAll(async () => {
  packed = await mkdtemp(join(tmpdir(), "lacre-fetchers-"));
  const tarballs = await pack(["libs/core", "libs/client"], packed);
  const wanted = [...PACKAGES, `${RUNTIME}@24.21.0`, ...tarballs];
  await run(workshop.folder, "npm", "install", "--no-audit", "--no-fund", "--force", ...wanted);
  node = join(workshop.folder, "node_modules", RUNTIME, "bin", "node");
  await writeFile(join(workshop.folder, "api.d.ts"), API);
  const { TrpcController } = await workshop.run("trpc.controller.ts");
  server = await startApp("express", {
    controllers: [OrdersController, TrpcController as Type],
    providers: [OrdersResolver],
    imports: [
      GraphQLModule.forRoot<ApolloDriverConfig>({ driver: ApolloDriver, autoSchemaFile: true }),
    ],
    hmac: { signResponses: true },
  });
  proxy = await ChangingProxy.to(server.url);
});
afterAll(async () => {
  await proxy.close();
  await server.close();
  workshop.close();
  await rm(packed, { recursive: true, force: true });
});
beforeEach(() => {
  server.verdicts.length = 0;
  proxy.changes = undefined;
});

/** Runs a program of the recipe; what it printed, and how it failed. */
async function start(file: string, LACRE_URL: string) {
  const env = { LACRE_URL, LACRE_APP_ID: "demo", LACRE_API_KEY: DEMO_KEY };
  const program = file.replace(/ts$/, "js");
  // Who hangs is stopped.
  return finish(workshop.folder, "timeout", ["30", node, program], env).catch((error: unknown) => ({
    stdout: "",
    stderr: String(error),
  }));
}

it("the programs have the types that the libraries want", () => {
  expect(workshop.typeErrors()).toBe("");
  // A stranger has the declarations of the packages; here their sources are compiled too.
  const strict = workshop.typeErrors({ exactOptionalPropertyTypes: true }).split("\n");
  expect(strict.filter((line) => /^(?!libs\/)\S+: error/.test(line))).toEqual([]);
});

describe.each(PROGRAMS)("%s", (file) => {
  it("is taken, checks the answer, and is refused where a word is changed on the way", async () => {
    const served = await start(file, proxy.url);
    expect(served).toEqual({ stdout: expect.stringContaining("tea"), stderr: "" });
    expect(server.verdicts.map(({ outcome }) => outcome)).toEqual(["accepted"]);

    proxy.changes = "requests";
    const refused = await start(file, proxy.url);
    expect(refused.stdout).not.toMatch(/tea|gin/);
    expect(new Set(server.verdicts.slice(1).map(({ outcome }) => outcome))).toEqual(
      new Set(["refused"]),
    );

    proxy.changes = "answers";
    const spoilt = await start(file, proxy.url);
    // A stream of events is not signed.
    if (file === "with-eventsource.ts") expect(spoilt.stdout).toBe("gin\n");
    else expect(spoilt.stderr).toContain("content-mismatch");
  });
});

describe("a library's own patience", () => {
  let answering: SigningServer;
  beforeAll(async () => {
    answering = await SigningServer.start();
  });
  afterAll(() => answering.close());
  beforeEach(() => {
    answering.reset();
    turn = 0;
    answering.reply = inTurn;
  });

  const UNAVAILABLE = { status: 503, body: '{"error":{"message":"no","code":-32603}}' };
  const SERVED = { status: 200, body: '{"data":{"a":"b"},"result":{"data":"tea"}}' };
  let turn = 0;
  const inTurn = () => (turn++ % 2 === 0 ? UNAVAILABLE : SERVED);
  const sent = () => answering.received.map(({ code }) => code ?? "taken");

  it("sends again what is signed anew, with the same content", async () => {
    await writeFile(join(workshop.folder, "retries.js"), RETRIES);
    const { stdout, stderr } = await start("retries.ts", answering.url);
    expect(stderr).toBe("");
    const names = stdout.trim().split("\n");
    expect(names).toEqual([
      ...["ky", "ky, a Request", "ky, a form", "ofetch", "ofetch, a Request", "ofetch, a form"],
      ...["wretch", "Apollo", "tRPC"],
    ]);
    expect(sent()).toEqual(names.flatMap(() => ["taken", "taken"]));
    expect(new Set(answering.nonces).size).toBe(2 * names.length);
  });

  it("repeats a query of GraphQL that has a key", async () => {
    answering.reply = () => ({ ...inTurn(), headers: { "content-type": "application/json" } });
    await writeFile(join(workshop.folder, "queries.js"), QUERIES);
    const { stdout, stderr } = await start("queries.ts", answering.url);
    expect(stderr).toBe("");
    expect(stdout.trim().split("\n")).toEqual([
      ...["graphql-request served", "Apollo served"],
      ...["graphql-request without 503", "and again served", "Apollo without 503"],
    ]);
  });

  it("ends that of the client at its limit of time", async () => {
    // Who waits all the same is stopped before that is over.
    answering.reply = () => ({ status: 503, headers: { "retry-after": "35" } });
    await writeFile(join(workshop.folder, "limits.js"), LIMITS);
    const { stdout, stderr } = await start("limits.ts", answering.url);
    expect(stderr).toBe("");
    const names = ["ky", "ky, a signal", "ofetch", "wretch", "graphql-request", "tRPC"];
    expect(stdout.trim().split("\n").toSorted()).toEqual(
      names.map((name) => `${name} ended`).toSorted(),
    );
    expect(sent()).toEqual(names.map(() => "taken"));
  });

  it("sends copies where it stands under the signature, and they are refused", async () => {
    await writeFile(join(workshop.folder, "below.js"), BELOW);
    const { stdout } = await start("below.ts", answering.url);
    expect(stdout).not.toContain("200");
    expect(sent()).toEqual(["taken", "nonce-seen"]);
  });
});
