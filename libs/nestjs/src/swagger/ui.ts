import { readFileSync } from "node:fs";
import type { SwaggerCustomOptions } from "@nestjs/swagger";

/**
 * Options for `SwaggerModule.setup` with which "Try it out" signs in the browser: the Authorize dialog asks for AppId
 * and ApiKey. The ApiKey stays in the memory of the page, and never reaches the server; with `persistAuthorization`
 * Swagger UI puts it into the browser's `localStorage`. Works under a Content-Security-Policy of `script-src 'self'`.
 *
 * @example
 * SwaggerModule.setup("docs", app, document, hmacSwaggerUi({ customSiteTitle: "Orders" }));
 */
export function hmacSwaggerUi(options: SwaggerCustomOptions = {}): SwaggerCustomOptions {
  const { plugins = [DOWNLOAD_URL] } = (options.swaggerOptions ?? {}) as { plugins?: unknown[] };
  // The bundle of @lacre/client/swagger-ui, built by scripts/bundle.mjs.
  const bundle = readFileSync(new URL("../../dist/swagger-ui.js", import.meta.url), "utf8");
  return {
    ...options,
    swaggerOptions: {
      ...options.swaggerOptions,
      plugins: [...plugins, script(`(() => { ${bundle}\nreturn lacre.hmacSwaggerUiPlugin; })()`)],
    },
  };
}

/** Functions among the options reach the page as what their toString() gives. */
const script = (code: string): (() => void) => Object.assign(() => {}, { toString: () => code });

/** What SwaggerModule gives where no plug-ins are named. */
const DOWNLOAD_URL = script("SwaggerUIBundle.plugins.DownloadUrl");
