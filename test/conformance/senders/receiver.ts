import { expect } from "@jest/globals";
import { All, Controller } from "@nestjs/common";
import type { AppDefinition, KeyDefinition, Scheme } from "@lacre/core";
import { HmacPrincipal, HmacProtected } from "@lacre/nestjs";
import { type Platform, startApp, takeAnything, TestClock } from "../../support/app.js";
import { send, type WireRequest, type WireResponse } from "../../support/wire.js";
import { contentOf, type FirstContact, type SenderRow, type SentRequest } from "./message.js";

/** The header that says which tenant a message is for. */
export const TENANT = "x-tenant";

type Preset = (options: Readonly<Record<string, unknown>>) => Scheme;

/** The preset behind a door: `standardWebhooks` of `standard-webhooks`. */
async function presetOf(door: string): Promise<Preset> {
  const name = door.replaceAll(/-(\w)/g, (_all, letter: string) => letter.toUpperCase());
  const module = (await import(`@lacre/schemes/${door}`)) as Record<string, Preset>;
  return module[name] as Preset;
}

/** One app that takes the messages of one preset, wherever they are sent. */
export class Receiver {
  runs = 0;
  /** Whether its handler fails. */
  isBroken = false;
  #app!: Awaited<ReturnType<typeof startApp>>;

  constructor(
    readonly row: SenderRow,
    readonly platform: Platform,
  ) {}

  /** @param who the options of the preset that say who sends */
  async start(who: object, keysOf: Readonly<Record<string, readonly string[]>>): Promise<void> {
    const { encoding, time, options, request } = this.row.message;
    const scheme = (await presetOf(this.row.preset))({ ...options, ...who });
    const keyOf = (apiKey: string, i: number): KeyDefinition => ({
      id: `k${i}`,
      apiKey,
      encoding,
      schemes: [scheme.name],
    });
    const apps: AppDefinition[] = Object.entries(keysOf).map(([appId, keys]) => ({
      appId,
      keys: keys.map(keyOf),
    }));
    this.#app = await startApp(this.platform, {
      controllers: [controllerFor(scheme.name, this.platform, () => this.#run())],
      hmac: {
        apps,
        schemes: [scheme],
        origins: [new URL(request.url).origin],
        ...(time !== undefined && { clock: new TestClock(time * 1000) }),
      },
      main: takeAnything,
    });
  }

  close = (): Promise<void> => this.#app.close();

  send = (request: WireRequest): Promise<WireResponse> => send(this.#app.port, request);

  /** Sends what is answered and runs nothing. */
  async answered({ request, answer }: FirstContact): Promise<void> {
    const { status, headers, body } = await this.send(wireOf(request));
    expect({ status, runs: this.runs }).toEqual({ status: answer.status, runs: 0 });
    if (answer.body !== undefined) expect(body).toBe(answer.body);
    for (const [name, value] of Object.entries(answer.headers ?? {}))
      expect([name, headers.get(name.toLowerCase())]).toEqual([name, value]);
  }

  /** Sends what must not run, and says what it was refused for. */
  async refused(request: WireRequest): Promise<string> {
    const before = this.runs;
    const { status } = await this.send(request);
    expect({ status, runs: this.runs }).toEqual({ status: 401, runs: before });
    return this.#app.lastCode() ?? "";
  }

  /**
   * Sends what is a repeat of what has run.
   * @param told the status that it is told
   */
  async repeated(request: WireRequest, told = 401): Promise<void> {
    const before = this.runs;
    const { status } = await this.send(request);
    expect({ status, runs: this.runs }).toEqual({ status: told, runs: before });
    if (told === 401) expect(this.#app.lastCode()).toBe("nonce-seen");
  }

  /** Sends what must run. */
  async taken(request: WireRequest): Promise<string> {
    const before = this.runs;
    const { status, body } = await this.send(request);
    const code = status < 300 ? "" : (this.#app.lastCode() ?? "");
    expect({ status, code, runs: this.runs }).toEqual({ status: 200, code: "", runs: before + 1 });
    return body;
  }

  /** Sends what runs, and fails. */
  async failed(request: WireRequest): Promise<void> {
    const before = this.runs;
    this.isBroken = true;
    const { status } = await this.send(request);
    this.isBroken = false;
    expect({ status, runs: this.runs }).toEqual({ status: 500, runs: before + 1 });
  }

  #run(): void {
    this.runs += 1;
    if (this.isBroken) throw new Error("the handler fails");
  }
}

function controllerFor(scheme: string, platform: Platform, run: () => void) {
  @Controller()
  @HmacProtected({ schemes: [scheme] })
  class HooksController {
    @All(["/", platform === "express" ? "*rest" : "*"])
    take(@HmacPrincipal("appId") appId: string): string {
      run();
      return appId;
    }
  }
  return HooksController;
}

/** The message as it goes over the wire, to a tenant where one is named. */
export function wireOf(request: SentRequest, tenant?: string): WireRequest {
  const { host, origin } = new URL(request.url);
  return {
    method: request.method,
    target: request.url.slice(origin.length) || "/",
    headers: [
      ["Host", host],
      ...(tenant === undefined ? [] : [[TENANT, tenant] as const]),
      ...Object.entries(request.headers),
    ],
    body: contentOf(request),
  };
}
