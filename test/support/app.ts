import type { AddressInfo } from "node:net";
import { Module, type INestApplication, type Type } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { ExpressAdapter } from "@nestjs/platform-express";
import { FastifyAdapter } from "@nestjs/platform-fastify";
import type { Clock, Verdict } from "@lacre/core";
import { HmacModule, type HmacModuleOptions } from "@lacre/nestjs";

/** A time that tests move by hand. */
export class TestClock implements Clock {
  constructor(public ms: number = Date.now()) {}

  nowMs(): number {
    return this.ms;
  }

  advance(seconds: number): void {
    this.ms += seconds * 1000;
  }
}

/** 32 bytes from 0 to 31: the key of the worked example in docs/protocol.md. */
export const DEMO_KEY = "lk1_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
/** The key of AWS's signing test suite. */
export const AWS_KEY = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

export type Platform = "express" | "fastify";
export const PLATFORMS: readonly Platform[] = ["express", "fastify"];

/** A running app with HmacModule, listening on the loopback interface. */
export interface RunningApp {
  readonly app: INestApplication;
  readonly url: string;
  readonly port: number;
  /** What the observer was told, newest last. */
  readonly verdicts: Verdict[];
  /** The code of the last refusal. */
  lastCode(): string | undefined;
  close(): Promise<void>;
}

export interface StartOptions {
  readonly controllers: Type[];
  readonly hmac?: Partial<HmacModuleOptions>;
  readonly imports?: NonNullable<Parameters<typeof Module>[0]["imports"]>;
  readonly providers?: NonNullable<Parameters<typeof Module>[0]["providers"]>;
  /** What an application does in its main.ts between create and listen. */
  readonly main?: (app: INestApplication) => void | Promise<void>;
  readonly create?: Parameters<typeof NestFactory.create>[2];
}

/** Starts an app on a free port. `origins` is any host unless said otherwise, and there is no boot fence. */
export async function startApp(platform: Platform, options: StartOptions): Promise<RunningApp> {
  const verdicts: Verdict[] = [];
  class AppModule {}
  Module({
    imports: [
      HmacModule.forRoot({
        apps: { demo: DEMO_KEY },
        origins: "*",
        bootFence: false,
        observer: { observe: (verdict) => void verdicts.push(verdict) },
        ...options.hmac,
      }),
      ...(options.imports ?? []),
    ],
    controllers: options.controllers,
    providers: options.providers ?? [],
  })(AppModule);
  const adapter = platform === "express" ? new ExpressAdapter() : new FastifyAdapter();
  const app = await NestFactory.create(AppModule, adapter, {
    logger: false,
    abortOnError: false,
    ...options.create,
  });
  await options.main?.(app);
  await app.listen(0, "127.0.0.1");
  const { port } = app.getHttpServer().address() as AddressInfo;
  return {
    app,
    port,
    url: `http://127.0.0.1:${port}`,
    verdicts,
    lastCode: () =>
      verdicts.flatMap((verdict) => (verdict.outcome === "refused" ? [verdict.code] : [])).at(-1),
    close: () => app.close(),
  };
}

/**
 * What an application does in its main.ts so that its handlers read content of every type themselves. Express parses
 * nothing that it does not know; Fastify needs a parser that leaves it alone.
 */
export function takeAnything(app: INestApplication): void {
  const adapter = app.getHttpAdapter();
  if (adapter.getType() !== "fastify") return;
  const instance = adapter.getInstance() as {
    addContentTypeParser(
      type: string,
      parser: (request: unknown, payload: unknown, done: (error: null) => void) => void,
    ): void;
  };
  instance.addContentTypeParser("*", (_request, _payload, done) => done(null));
}
