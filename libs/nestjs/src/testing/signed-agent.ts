import type { Server } from "node:http";
import type { INestApplication } from "@nestjs/common";
import {
  type AppDefinition,
  ConfigurationError,
  DEFAULT_SCHEME,
  type KeyDefinition,
  refuseStranger,
  type Scheme,
} from "@lacre/core";
import { signSupertest, type SupertestOptions } from "@lacre/client/supertest";
import type { AppSource } from "@lacre/node";
import supertest from "supertest";
import type { HmacModuleOptions, HmacSettings } from "../hmac.options.js";
import { moduleOf } from "./module-of.js";
import { refusalsOf, type SeenRefusal } from "./seen-refusals.js";

/** Who signs, and what else `signSupertest` is told. */
export interface SignedAgentOptions extends Partial<
  Pick<SupertestOptions, "origin" | "verifyResponses">
> {
  /** One of the apps that the module was given. */
  readonly appId: string;
  /** The name of the scheme; that of the app's first live key unless said otherwise. */
  readonly scheme?: string;
}

/**
 * An agent of supertest that signs with the key that the application itself has for an app. It signs for the first of
 * the configured origins, whatever port supertest picks, and by the clock of the module. It also lifts the boot fence:
 * the memory of this process's nonces is as old as the test. A test that fails says why the request was refused.
 *
 * @param app an application that is initialised
 * @example
 * await signedAgent(app, { appId: "orders" }).post("/orders").send({ item: "tea" }).expect(201);
 * @throws ConfigurationError for an app that the module does not know, or that has no live key: with the first request
 *   where the apps come from a source
 */
export function signedAgent(
  app: INestApplication,
  who: SignedAgentOptions,
): ReturnType<typeof supertest.agent> {
  const { appId, scheme, ...sending } = readWho(who);
  const { options, settings } = moduleOf(app, "signedAgent");
  const refusals = refusalsOf(app);
  liftFence(settings);
  const signAs = (definition: AppDefinition | undefined): SupertestOptions => ({
    appId,
    ...keyOf(definition, appId, scheme, settings),
    clock: settings.clock,
    ...publicUrlOf(options),
    ...sending,
  });
  const found = definitionOf(options.apps, appId);
  const agent = supertest.agent(app.getHttpServer() as Server);
  signSupertest(agent, found instanceof Promise ? found.then(signAs) : signAs(found));
  agent.use((request: unknown) => sayWhy(request as Test, refusals));
  return agent;
}

const WHO = ["appId", "origin", "scheme", "verifyResponses"] satisfies (keyof SignedAgentOptions)[];

function readWho(who: SignedAgentOptions): SignedAgentOptions {
  const given: unknown = who;
  if (typeof given === "object" && given !== null)
    refuseStranger(WHO, given, "signedAgent", "signedAgent: ");
  if (typeof (given as Partial<SignedAgentOptions> | undefined)?.appId === "string") return who;
  throw new ConfigurationError("signedAgent: appId", "is missing.", 'Give { appId: "orders" }.');
}

/** What was configured of an app, with its keys as texts: what the module keeps of them cannot be read. */
function definitionOf(
  apps: HmacModuleOptions["apps"],
  appId: string,
): AppDefinition | undefined | Promise<AppDefinition | undefined> {
  if (Array.isArray(apps))
    return (apps as readonly AppDefinition[]).find((app) => app.appId === appId);
  if (typeof (apps as AppSource).find === "function") return (apps as AppSource).find(appId);
  const apiKey = (apps as Record<string, string>)[appId];
  return apiKey === undefined ? undefined : { appId, apiKey };
}

function keyOf(
  definition: AppDefinition | undefined,
  appId: string,
  wanted: string | undefined,
  { schemes, clock }: HmacSettings,
): Pick<SupertestOptions, "apiKey" | "encoding" | "algorithm" | "scheme"> {
  if (definition === undefined)
    throw new ConfigurationError(
      "appId",
      `the module has no app "${appId}".`,
      "Name one of its apps.",
    );
  const keys = (definition.keys ?? [definition as KeyDefinition]).map((key) => ({
    key,
    scheme: schemes.find(({ name }) => name === (key.schemes?.[0] ?? DEFAULT_SCHEME)),
  }));
  const fitting = keys.find(
    ({ key, scheme }) =>
      scheme !== undefined &&
      (wanted === undefined || scheme.name === wanted) &&
      isLive(key, clock.nowMs()),
  );
  if (fitting === undefined)
    throw new ConfigurationError(
      "appId",
      `the app "${appId}" has no live key${wanted === undefined ? "" : ` for the scheme "${wanted}"`}.`,
      "Give it one in the configuration that the test uses.",
    );
  const { apiKey, encoding, algorithm } = fitting.key;
  return {
    apiKey,
    // By its name where it has one that all know: the other build of this package has an object of its own for it.
    scheme: fitting.scheme?.name === DEFAULT_SCHEME ? DEFAULT_SCHEME : (fitting.scheme as Scheme),
    ...(encoding !== undefined && { encoding }),
    ...(algorithm !== undefined && { algorithm }),
  };
}

function isLive({ state, notBefore, expiresAt }: KeyDefinition, nowMs: number): boolean {
  const begins = notBefore === undefined ? -Infinity : new Date(notBefore).getTime();
  const ends = expiresAt === undefined ? Infinity : new Date(expiresAt).getTime();
  return state !== "revoked" && begins <= nowMs && nowMs < ends;
}

/** Where callers find the server, which supertest reaches by an address of its own. */
function publicUrlOf({
  origins,
  pathPrefix,
}: HmacModuleOptions): Pick<SupertestOptions, "origin" | "pathPrefix"> {
  const [origin] = origins === "*" ? [] : origins;
  return {
    ...(origin !== undefined && { origin: new URL(origin.replace("*.", "any.")).origin }),
    ...(pathPrefix !== undefined && { pathPrefix }),
  };
}

/** Nothing was claimed before a test: a memory that begins with it has missed nothing. One that is shared may have. */
function liftFence({ nonces }: HmacSettings): void {
  if (nonces.isShared !== true)
    Object.defineProperty(nonces, "completeSinceMs", { configurable: true, value: undefined });
}

/** The part of supertest's Test that is used here. */
interface Test {
  assert(
    error: unknown,
    response: unknown,
    done: (error: unknown, response: unknown) => void,
  ): void;
}

/** Tells a test that fails why its request was refused. */
function sayWhy(test: Test, refusals: readonly SeenRefusal[]): void {
  const before = refusals.length;
  const assert = test.assert.bind(test);
  test.assert = (failure, response, done) =>
    assert(failure, response, (error, answer) => {
      const refusal = refusals[before];
      if (error instanceof Error && refusal !== undefined) addReason(error, refusal);
      done(error, answer);
    });
}

/** To the stack as well: that is what jest shows. */
function addReason(error: Error, { status, message }: SeenRefusal): void {
  const said = `${error.message}\n  refused ${status} ${message}`;
  const stack = error.stack?.replace(error.message, () => said);
  error.message = said;
  if (stack !== undefined) error.stack = stack;
}
