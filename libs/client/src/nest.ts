import { randomUUID } from "node:crypto";
import {
  ConfigurableModuleBuilder,
  Inject,
  Module,
  type FactoryProvider,
  type Provider,
  type ValueProvider,
} from "@nestjs/common";
import { HttpService } from "@nestjs/axios";
import { ConfigurationError, custom } from "@lacre/core/portable";
import axios, { type CreateAxiosDefaults } from "axios";
import { signInstance } from "./axios/axios-adapter.js";
import { exchangeOf } from "./exchange.js";
import type { ClientOptions } from "./options.js";

/** Who calls, and how. */
export interface HmacHttpOptions extends ClientOptions {
  /** What `axios.create()` takes: `baseURL`, `timeout`, agents, headers, … */
  readonly axios?: Omit<CreateAxiosDefaults, "auth" | "maxRedirects"> | undefined;
}

/** What `useClass` and `useExisting` name. */
export interface HmacHttpOptionsFactory {
  createHmacHttpOptions(): HmacHttpOptions | Promise<HmacHttpOptions>;
}

/** What `register` and `registerAsync` take beside the options. */
export interface HmacHttpExtras {
  /**
   * The name by which `@InjectHmacHttp(name)` injects the service: for modules that call several servers, or that have
   * a plain `HttpModule` too. Default: it is injected as `HttpService`.
   */
  readonly name?: string | undefined;
  /** Whether every module may inject it. Default: false. */
  readonly isGlobal?: boolean | undefined;
}

/** The token of the service that was registered by this name. */
export const hmacHttpToken = (name: string): symbol => Symbol.for(`lacre.http.${name}`);

/** Injects the `HttpService` that was registered by this name. */
export const InjectHmacHttp = (name: string): ParameterDecorator & PropertyDecorator =>
  Inject(hmacHttpToken(name));

const OPTIONS = Symbol("lacre.http.options");

const { ConfigurableModuleClass } = new ConfigurableModuleBuilder<HmacHttpOptions>({
  optionsInjectionToken: OPTIONS,
})
  .setFactoryMethodName("createHmacHttpOptions")
  .setExtras<HmacHttpExtras>(
    { name: undefined, isGlobal: false },
    (definition, { name, isGlobal = false }) => {
      if (name === "")
        throw new ConfigurationError("name", "must not be empty.", "Give a name, or leave it out.");
      const token = name === undefined ? HttpService : hmacHttpToken(name);
      return {
        ...definition,
        global: isGlobal,
        providers: [
          ...(definition.providers ?? []).map((provider) => inPlaceOfOptions(provider, token)),
          // Keeps two registrations apart that differ only in the key, which Nest does not see.
          { provide: Symbol.for("lacre.http.registration"), useValue: randomUUID() },
        ],
        exports: [token],
      };
    },
  )
  .build();

/**
 * An `HttpService` of `@nestjs/axios` that signs requests and checks signed answers. Code that injects `HttpService`
 * stays as it is.
 *
 * @example
 * HmacHttpModule.register({ appId: "shop", apiKey, axios: { baseURL: "https://api.example.com" } })
 * HmacHttpModule.registerAsync({ name: "partner", inject: [ConfigService], useFactory: (config) => ({ … }) })
 */
@Module({})
export class HmacHttpModule extends ConfigurableModuleClass {}

/** Options become the service at once: the container holds no key, and a wrong option stops the start. */
function inPlaceOfOptions(provider: Provider, token: symbol | typeof HttpService): Provider {
  if (typeof provider !== "object" || provider.provide !== OPTIONS) return provider;
  if ("useValue" in provider) {
    const options = (provider as ValueProvider<HmacHttpOptions>).useValue;
    return { provide: token, useFactory: () => serviceOf(options) };
  }
  const { inject = [], useFactory } = provider as FactoryProvider<HmacHttpOptions>;
  return {
    provide: token,
    inject,
    useFactory: async (...deps: unknown[]) => serviceOf(await useFactory(...deps)),
  };
}

const OTHERS = {
  axios: custom(readAxiosOptions, { example: '{ baseURL: "https://api.example.com" }' }),
};

function readAxiosOptions(given: HmacHttpOptions["axios"], at: string): HmacHttpOptions["axios"] {
  if (typeof given === "object" && given !== null && !Array.isArray(given)) return given;
  throw new ConfigurationError(
    at,
    "must be what axios.create() takes.",
    'Give { baseURL: "https://api.example.com" }, for example.',
  );
}

function serviceOf(options: HmacHttpOptions): HttpService {
  const exchange = exchangeOf(options, "HmacHttpModule", OTHERS);
  const instance: unknown = signInstance(axios.create(options.axios), exchange);
  // Of axios' two declarations, @nestjs/axios may have read the other one.
  return new HttpService(instance as ConstructorParameters<typeof HttpService>[0]);
}
