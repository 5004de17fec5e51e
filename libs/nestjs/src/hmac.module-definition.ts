import { inspect } from "node:util";
import {
  ConfigurableModuleBuilder,
  type FactoryProvider,
  type Provider,
  type ValueProvider,
} from "@nestjs/common";
import { ConfigurationError } from "@lacre/core";
import { HMAC_MODULE_OPTIONS, type HmacModuleOptions } from "./hmac.options.js";

/** The token of the options as they were given. */
export const HMAC_OPTIONS = Symbol.for("lacre.hmac.options");

export const { ConfigurableModuleClass, OPTIONS_TYPE, ASYNC_OPTIONS_TYPE } =
  new ConfigurableModuleBuilder<HmacModuleOptions>({ optionsInjectionToken: HMAC_OPTIONS })
    .setClassMethodName("forRoot")
    .setFactoryMethodName("createHmacOptions")
    .setExtras({}, (definition) => ({
      ...definition,
      providers: definition.providers?.map(sealProvider) ?? [],
    }))
    .build();

/** Nest keeps the options for as long as the app lives, keys among them: whoever prints a container must not see them. */
function sealProvider(provider: Provider): Provider {
  if (typeof provider !== "object" || provider.provide !== HMAC_OPTIONS) return provider;
  if ("useValue" in provider)
    return { ...provider, useValue: seal((provider as ValueProvider).useValue) };
  const { useFactory } = provider as FactoryProvider;
  return {
    ...(provider as FactoryProvider),
    useFactory: async (...deps: unknown[]) => seal(await useFactory(...deps)),
  };
}

function seal(options: unknown): unknown {
  if (typeof options !== "object" || options === null) return options;
  // An instance of a class may have its options behind getters.
  const inherited = Object.keys(HMAC_MODULE_OPTIONS)
    .filter((name) => name in options)
    .map((name): [string, unknown] => [name, (options as Record<string, unknown>)[name]]);
  const copy = { ...options, ...Object.fromEntries(inherited) };
  return Object.defineProperty(copy, inspect.custom, {
    value: () => "HmacModuleOptions [redacted]",
  });
}

const ASYNC_OPTIONS = [
  "imports",
  "inject",
  "provideInjectionTokenFrom",
  "useClass",
  "useExisting",
  "useFactory",
];

/**
 * Refuses what Nest would pass over: an option of the module that stands beside the factory.
 * @throws ConfigurationError
 */
export function checkAsyncOptions(options: typeof ASYNC_OPTIONS_TYPE): void {
  const given: unknown = options;
  const cure = "Give { useFactory: () => ({ apps, origins }) }, for example.";
  if (typeof given !== "object" || given === null)
    throw new ConfigurationError("HmacModule.forRootAsync", "must be given options.", cure);
  const stranger = Object.keys(given).find((name) => !ASYNC_OPTIONS.includes(name));
  if (stranger !== undefined)
    throw new ConfigurationError(
      `HmacModule.forRootAsync: ${stranger}`,
      "is not an option here.",
      "Options of the module stand in what the factory returns.",
    );
  const ways = WAYS.filter((name) => options[name] !== undefined);
  const [way] = ways;
  const problem =
    way === undefined
      ? "has no useFactory, useClass or useExisting."
      : ways.length > 1
        ? `has ${ways.join(" and ")}, of which one counts.`
        : faultOf(way, options);
  if (problem !== undefined) throw new ConfigurationError("HmacModule.forRootAsync", problem, cure);
}

const WAYS = ["useFactory", "useClass", "useExisting"] as const;

function faultOf(
  way: (typeof WAYS)[number],
  options: typeof ASYNC_OPTIONS_TYPE,
): string | undefined {
  const given = options[way] as { readonly prototype?: object } | undefined;
  if (typeof given !== "function" && way !== "useExisting")
    return `${way} must be a ${way === "useFactory" ? "function" : "class"}.`;
  if (way === "useClass" && !("createHmacOptions" in (given?.prototype ?? {})))
    return "useClass must be a class with createHmacOptions().";
  const list = (["imports", "inject"] as const).find(
    (name) => options[name] !== undefined && !Array.isArray(options[name]),
  );
  return list === undefined ? undefined : `${list} must be a list.`;
}
