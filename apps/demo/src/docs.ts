import type { INestApplication } from "@nestjs/common";
import { DocumentBuilder, SwaggerModule } from "@nestjs/swagger";
import { createHmacDocument, hmacSwaggerUi } from "@lacre/nestjs/swagger";

/** Serves the demo's OpenAPI document, and a page on which to try it: its requests are signed in the browser. */
export function serveDocs(app: INestApplication): void {
  const config = new DocumentBuilder()
    .setTitle("Orders")
    .setDescription("The demo of Lacre. Authorize as `orders` or `reader`, then try it out.")
    .build();
  const document = createHmacDocument(app, config);
  SwaggerModule.setup("docs", app, document, hmacSwaggerUi({ customSiteTitle: "Orders" }));
}
