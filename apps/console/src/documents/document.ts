import type { INestApplication } from "@nestjs/common";
import type { Request, Response } from "express";
import { isDoneOnce, statusOf, type Access } from "../access/operation.js";
import { Operations, type RouteAccess } from "../access/operations.js";
import { DocumentSchemas, type JsonSchema } from "./json-schema.js";
import { PROBLEM_SCHEMA, problemResponses } from "./problem-responses.js";

/** Where programs find it. */
export const DOCUMENT_PATH = "/v1/openapi.json";

/** The OpenAPI document of the API, made of its operations. OpenAPI 3.1 */
export function documentOf(app: INestApplication): object {
  const schemas = new DocumentSchemas();
  const paths: Record<string, Record<string, object>> = {};
  for (const route of app.get(Operations).routes) {
    const path = route.path.replaceAll(/:(\w+)/g, "{$1}");
    (paths[path] ??= {})[route.method.toLowerCase()] = operationOf(route, schemas);
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "Lacre console",
      description: "Who may call, with which key, and what happened.",
      version: "1",
      license: { name: "MIT", identifier: "MIT" },
    },
    servers: [{ url: "/" }],
    paths,
    components: {
      securitySchemes: SECURITY,
      schemas: { ...schemas.named, Problem: PROBLEM_SCHEMA },
    },
  };
}

const SECURITY = {
  basic: { type: "http", scheme: "basic", description: "Login and password, at the sign-in." },
  bearer: {
    type: "http",
    scheme: "bearer",
    bearerFormat: "JWT",
    description: "The token of a sign-in.",
  },
  lacre: {
    type: "apiKey",
    in: "header",
    name: "Authorization",
    description: "A request that is signed with LACRE1, under the key of a service.",
  },
};

function operationOf(route: RouteAccess, schemas: DocumentSchemas): object {
  const { method, path, terms, takesVersion } = route;
  const { summary, access, params, query, body, answer, contentType = "application/json" } = terms;
  const names = [...path.matchAll(/:(\w+)/g)].map(([, name]) => name ?? "");
  const inPath = params === undefined ? {} : schemas.of(params, "input");
  const inQuery = query === undefined ? {} : schemas.of(query, "input");
  const parameters = [
    ...names.map((name) => parameter(name, "path", inPath.properties?.[name], true)),
    ...Object.entries(inQuery.properties ?? {}).map(([name, schema]) =>
      parameter(name, "query", schema, inQuery.required?.includes(name) === true),
    ),
    ...(takesVersion ? [IF_MATCH] : []),
    ...(isDoneOnce(method, terms) ? [IDEMPOTENCY_KEY] : []),
  ];
  return {
    operationId: nameOf(method, path),
    tags: [path.split("/").at(path.startsWith("/v1/") ? 2 : 1)],
    summary,
    description: wordsOf(access),
    security: securityOf(access),
    ...(parameters.length > 0 && { parameters }),
    ...(body !== undefined && {
      requestBody: {
        required: !body.safeParse({}).success,
        content: { "application/json": { schema: schemas.of(body, "input") } },
      },
    }),
    responses: {
      [statusOf(terms)]: {
        description: "Done.",
        ...(answer && { content: { [contentType]: { schema: schemas.of(answer, "output") } } }),
      },
      ...problemResponses(route),
    },
  };
}

const IF_MATCH = {
  ...{ name: "If-Match", in: "header", required: true },
  description: "The ETag of the record, as you have seen it.",
  schema: { type: "string", pattern: '^"[1-9][0-9]*"$', examples: ['"3"'] },
};
const IDEMPOTENCY_KEY = {
  ...{ name: "Idempotency-Key", in: "header", required: false },
  description: "Of your choice: what is sent again with it is done once.",
  schema: { type: "string", pattern: "^[!-~]{1,200}$" },
};

/** What has a default of its own may be left out. */
function parameter(
  name: string,
  place: "path" | "query",
  schema: JsonSchema = { type: "string" },
  required: boolean,
): object {
  return { name, in: place, required, schema };
}

/** `GET /v1/apps/:appId/keys` is `getAppsAppIdKeys`. */
function nameOf(method: string, path: string): string {
  const words = path
    .replace(/^\/v1\//, "/")
    .split(/\W+/)
    .filter((word) => word !== "");
  return (
    method.toLowerCase() + words.map((word) => word[0]?.toUpperCase() + word.slice(1)).join("")
  );
}

function securityOf(access: Access): object[] {
  switch (access.by) {
    case "person":
      return [{ bearer: [] }];
    case "service":
      return [{ lacre: [] }];
    case "sign-in":
      return [{ basic: [] }];
    case "session":
    case "everybody":
      return [];
  }
}

function wordsOf(access: Access): string {
  switch (access.by) {
    case "person":
      return `Needs the permission ${access.permission}.`;
    case "service":
      return `For services: signed, with the scope ${access.scope}.`;
    case "sign-in":
      return "Brings the proof along.";
    case "session":
      return "For browsers: brings the cookie of a session along.";
    case "everybody":
      return "Open to everybody.";
  }
}

/** Serves it. */
export function serveDocument(app: INestApplication): void {
  let made: string | undefined;
  app.getHttpAdapter().get(DOCUMENT_PATH, (_request: Request, response: Response) => {
    response.type("json").send((made ??= JSON.stringify(documentOf(app))));
  });
}
