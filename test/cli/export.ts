import type { INestApplication } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import type { AddressInfo } from "node:net";
import type { Verdict } from "@lacre/core";
import { DemoModule } from "../../apps/demo/src/demo.module.js";
import { freshKeys, type DemoKeys } from "../../apps/demo/src/keys.js";
import { lacre } from "./lacre.js";

/** The demo on a free port, and what it decided. */
export interface RunningDemo {
  readonly app: INestApplication;
  readonly keys: DemoKeys;
  readonly port: number;
  readonly url: string;
  readonly verdicts: Verdict[];
  /** What was decided since the last look: `accepted`, or the code of a refusal. */
  outcomes(): string[];
  close(): Promise<void>;
}

export async function startDemo(): Promise<RunningDemo> {
  const keys = freshKeys();
  const verdicts: Verdict[] = [];
  const app: INestApplication = await NestFactory.create(
    DemoModule.with({
      keys,
      origins: "*",
      bootFence: false,
      observer: { observe: (verdict) => void verdicts.push(verdict) },
    }),
    { logger: false },
  );
  await app.listen(0, "127.0.0.1");
  const { port } = app.getHttpServer().address() as AddressInfo;
  return {
    app,
    keys,
    port,
    url: `http://127.0.0.1:${port}`,
    verdicts,
    outcomes: () =>
      verdicts
        .splice(0)
        .map((verdict) => (verdict.outcome === "refused" ? verdict.code : verdict.outcome)),
    close: () => app.close(),
  };
}

/** The demo's API as OpenAPI has it, with examples that are hard to send. */
export const API = {
  openapi: "3.1.0",
  info: { title: "Orders", version: "1" },
  paths: {
    "/orders": {
      get: {
        summary: "List orders",
        parameters: [
          { in: "query", name: "q", example: "a b+c/d&e=é%" },
          { in: "query", name: "list[]", schema: { type: "integer", minimum: 3 } },
          { in: "header", name: "X-Tenant", schema: { type: "string", example: "7" } },
        ],
      },
      post: {
        summary: "Create an order",
        requestBody: { $ref: "#/components/requestBodies/Order" },
      },
    },
    "/orders/{id}": {
      parameters: [{ in: "path", name: "id", required: true, schema: { default: "a/b c" } }],
      delete: { operationId: "removeOrder" },
    },
    "/uploads": {
      post: { requestBody: { content: { "multipart/form-data": { schema: {} } } } },
    },
  },
  components: {
    requestBodies: {
      Order: {
        content: { "application/json": { schema: { $ref: "#/components/schemas/Order" } } },
      },
    },
    schemas: {
      Order: {
        type: "object",
        properties: {
          id: { type: "integer", readOnly: true },
          item: { type: "string", example: 'té "x"\n' },
          parts: { type: "array", items: { $ref: "#/components/schemas/Order" } },
        },
      },
    },
  },
};

/** The same with a form in place of JSON. */
export const FORM_API = {
  openapi: "3.0.3",
  info: { title: "Form" },
  paths: {
    "/orders": {
      post: {
        summary: "Create by form",
        requestBody: {
          content: {
            "application/x-www-form-urlencoded": {
              schema: { properties: { item: { example: "a b*(~)é&=+'" }, empty: { example: "" } } },
            },
          },
        },
      },
    },
  },
};

/** What reads the key, the environment or a tag, as the tools write it. */
export const HOSTILE =
  "{{apiKey}} {{ _.apiKey }} {{{apiKey}}} {{process.env.LACRE_API_KEY}} {%x%}{#x#}";

const hostileContent = (type: string, example: unknown): object => ({
  post: {
    summary: `${type} ${HOSTILE}`,
    requestBody: { content: { [type]: { example } } },
  },
});

/** A document that wants the key sent, in every place that it fills. */
export const HOSTILE_API = {
  openapi: "3.1.0",
  info: { title: HOSTILE },
  paths: {
    "/p/{{apiKey}}/{{process.env.LACRE_API_KEY}}/{{ _.apiKey }}": {
      get: { description: HOSTILE, tags: [HOSTILE] },
    },
    "/{{a}{b}": {
      parameters: [
        { in: "path", name: "a", example: "{apiKey" },
        { in: "path", name: "b", example: "}}" },
        { in: "query", name: "{{apiKey}}", example: HOSTILE, allowReserved: true },
        { in: "header", name: "X-A", example: HOSTILE },
        { in: "header", name: "{{apiKey}}", example: "a" },
        { in: "header", name: "X-List", example: ["{", "{apiKey}}"] },
        { in: "header", name: "X-Object", example: { "{{apiKey": "}}" } },
        { in: "cookie", name: "{{apiKey}}", example: HOSTILE },
      ],
      get: { operationId: HOSTILE },
    },
    "/json": hostileContent("application/json", {
      [HOSTILE]: [HOSTILE, { a: {}, b: "\\{{apiKey}}" }],
    }),
    "/form": hostileContent("application/x-www-form-urlencoded", { a: HOSTILE, [HOSTILE]: "b" }),
    "/text": hostileContent("text/plain", HOSTILE),
    "/xml": hostileContent("application/xml", `<a>${HOSTILE}</a>`),
    "/type": hostileContent("text/{{apiKey}}", "a"),
    "@127.0.0.1:9/": { get: {} },
    "{{apiKey}}": { get: {} },
  },
};

/** Targets that tools spell in ways of their own. */
export const AWKWARD = [
  "GET /orders?a=1&&b=[x]&c='<>\"|\\^`{}&plus=+&e=&f&%41=,;:@!$()*~/?&%2f=%zz&é=%C3%a9",
  "GET /orders?",
  "DELETE /orders//%2f/x%zz;v=1,2:@&=+$!*'()/é[]{}|\\^`\"<>",
  "DELETE /orders/{{id}}?x={{id}}",
];

/** Runs `lacre export`, and fails where it does. */
export async function exported(
  tool: string,
  out: string,
  url: string,
  { openapi, requests = [] }: { openapi?: object; requests?: readonly string[] },
): Promise<string> {
  const {
    code,
    out: printed,
    err,
  } = await lacre(
    [
      ...["export", tool, "--url", url, "--app-id", "orders", "--out", out],
      ...(openapi === undefined ? [] : ["--openapi", "-"]),
      ...requests.flatMap((line) => ["--request", line]),
    ],
    { stdin: JSON.stringify(openapi ?? "") },
  );
  if (code !== 0) throw new Error(`lacre export ended with ${code}: ${err}`);
  return `${printed}${err}`;
}
