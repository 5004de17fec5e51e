import type { INestApplication } from "@nestjs/common";
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from "@nestjs/swagger";

/** The OpenAPI document of the API, made of its operations. */
export function documentOf(app: INestApplication): OpenAPIObject {
  const config = new DocumentBuilder()
    .setTitle("Lacre console")
    .setDescription("Who may call, with which key, and what happened.")
    .setVersion("1")
    .addBasicAuth()
    .addBearerAuth()
    .build();
  return SwaggerModule.createDocument(app, config);
}

/** Serves it at /v1/openapi.json. */
export function serveDocument(app: INestApplication): void {
  const text = (): string => (made ??= JSON.stringify(documentOf(app)));
  let made: string | undefined;
  app
    .getHttpAdapter()
    .get(
      "/v1/openapi.json",
      (_request: unknown, response: { type(t: string): { send(b: string): void } }) => {
        response.type("application/json").send(text());
      },
    );
}
