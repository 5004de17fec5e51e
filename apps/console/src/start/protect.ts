import type { NestExpressApplication } from "@nestjs/platform-express";
import helmet from "helmet";
import type { ConsoleSettings } from "./settings.js";

const HALF_A_YEAR_SECONDS = 15_768_000;

/** What every answer carries, so that a browser does nothing with it that it should not. */
export function protect(
  app: NestExpressApplication,
  { origin, trustedProxies = [] }: ConsoleSettings,
): void {
  app.disable("x-powered-by");
  app.set("trust proxy", trustedProxies.length > 0 ? [...trustedProxies] : false);
  // Query strings are flat: no caller makes objects of them.
  app.set("query parser", "simple");
  app.use(
    helmet({
      contentSecurityPolicy: {
        useDefaults: false,
        directives: {
          defaultSrc: ["'none'"],
          scriptSrc: ["'self'"],
          styleSrc: ["'self'"],
          imgSrc: ["'self'", "data:"],
          fontSrc: ["'self'"],
          connectSrc: ["'self'"],
          manifestSrc: ["'self'"],
          baseUri: ["'none'"],
          formAction: ["'self'"],
          frameAncestors: ["'none'"],
        },
      },
      referrerPolicy: { policy: "no-referrer" },
      // Over http browsers ignore it, and on this machine it would stay with whatever runs there next.
      strictTransportSecurity: origin.startsWith("https:") && { maxAge: HALF_A_YEAR_SECONDS },
    }),
  );
}
