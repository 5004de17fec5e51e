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
import { ConfigurationError } from "@lacre/core/portable";
import axios, { type CreateAxiosDefaults } from "axios";
import { signRequests } from "./axios.js";
import type { ClientOptions } from "./options.js";

/** Who calls, and what axios is told: `baseURL`, `timeout`, agents, headers, … */
export interface HmacHttpOptions
  extends ClientOptions, Omit<CreateAxiosDefaults, "auth" | "maxRedirects"> {}

/** What `useClass` and `useExisting` name. */
export interface HmacHttpOptionsFactory {
  createHmacHttpOptions(): HmacHttpOptions | Promise<HmacHttpOptions>;
}

/** What is said beside the options, and of `registerAsync` too. */
export interface HmacHttpExtras {
  /**
   * By which name the service is injected, with `@InjectHmacHttp(name)`: for modules that call more than one server, or
   * have a plain `HttpModule` too. Without a name it is injected as `HttpService`.
   */
  readonly name?: string;
  /** Whether every module may inject it. */
  readonly isGlobal?: boolean;
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
        throw new ConfigurationError("name", "is empty.", "Give a name, or leave it out.");
      const token = name === undefined ? HttpService : hmacHttpToken(name);
      return {
        ...definition,
        global: isGlobal,
        providers: [
          ...(definition.providers ?? []).map((provider) => inPlaceOfOptions(provider, token)),
          // Two registrations that look alike are two: a key is nothing that Nest could tell them apart by.
          { provide: Symbol.for("lacre.http.registration"), useValue: randomUUID() },
        ],
        exports: [token],
      };
    },
  )
  .build();

/**
 * An `HttpService` of `@nestjs/axios` whose requests are signed and whose signed answers are checked. What injects
 * `HttpService` stays as it is.
 *
 * @example
 * HmacHttpModule.register({ appId: "shop", apiKey, baseURL: "https://api.example.com" })
 * HmacHttpModule.registerAsync({ name: "partner", inject: [ConfigService], useFactory: (config) => ({ … }) })
 */
@Module({})
export class HmacHttpModule extends ConfigurableModuleClass {}

/**
 * Options become the service at once, so that the container holds nothing with a key in it, and what will not do ends
 * the start.
 */
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

function serviceOf(options: HmacHttpOptions): HttpService {
  const {
    appId,
    apiKey,
    encoding,
    algorithm,
    scheme,
    clock,
    verifyResponses,
    retries,
    redirects,
    ...config
  } = options;
  const client = {
    appId,
    apiKey,
    encoding,
    algorithm,
    scheme,
    clock,
    verifyResponses,
    retries,
    redirects,
  };
  return new HttpService(signRequests(axios.create(config), client));
}
