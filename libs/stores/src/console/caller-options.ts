import {
  APP_ID_CURE,
  type Clock,
  ConfigurationError,
  custom,
  isAppId,
  type OptionsOf,
  text,
} from "@lacre/core";
import { readConsoleUrl } from "./console-url.js";
import type { CallerTerms } from "./signed-calls.js";

/** How a service calls the console. */
export const CALLER_OPTIONS = {
  /** The console's address, `https://console.example.com`. `http://` is for the same machine alone. */
  url: custom((url: string, at) => readConsoleUrl(url, at), {
    example: '"https://console.example.com"',
  }),
  /** The AppId of this service in the console. */
  appId: custom(
    (appId: string, at) => {
      if (isAppId(appId)) return appId;
      throw new ConfigurationError(at, "is not an AppId.", APP_ID_CURE);
    },
    { example: '"orders-service"' },
  ),
  /** Its key. */
  apiKey: text({ example: "lk1_…" }),
};

/** All of them must be given where the console is called at all. */
export interface CallerOptions extends Required<OptionsOf<typeof CALLER_OPTIONS>> {}

/** @throws ConfigurationError for what is missing */
export function callerOf(values: {
  readonly url: URL | undefined;
  readonly appId: string | undefined;
  readonly apiKey: string | undefined;
  readonly clock: Clock;
}): CallerTerms {
  const { url, appId, apiKey, clock } = values;
  if (url !== undefined && appId !== undefined && apiKey !== undefined)
    return { url, appId, apiKey, clock };
  const missing = (["url", "appId", "apiKey"] as const).find((name) => values[name] === undefined);
  throw new ConfigurationError(
    missing ?? "url",
    "is missing.",
    'Give url, appId and apiKey: { url: "https://console.example.com", appId: "orders-service", apiKey }.',
  );
}
