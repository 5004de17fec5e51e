// oxlint-disable-next-line typescript/triple-slash-reference -- what only the build makes cannot be imported
/// <reference path="./plug-in.d.ts" />
import type { SwaggerCustomOptions } from "@nestjs/swagger";
import { plugIn } from "#swagger-ui"; // @lacre/client/swagger-ui as one script, built by scripts/dist.mjs

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
  return {
    ...options,
    swaggerOptions: {
      ...options.swaggerOptions,
      plugins: [...plugins, script(`(() => { ${plugIn}\nreturn lacre.hmacSwaggerUiPlugin; })()`)],
    },
  };
}

/** Functions among the options reach the page as what their toString() gives. */
const script = (code: string): (() => void) => Object.assign(() => {}, { toString: () => code });

/** What SwaggerModule gives where no plug-ins are named. */
const DOWNLOAD_URL = script("SwaggerUIBundle.plugins.DownloadUrl");
