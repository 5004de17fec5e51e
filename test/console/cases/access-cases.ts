import { readFileSync, writeFileSync } from "node:fs";
import { KINDS, may, type Kind } from "../../../apps/console/src/access/roles.js";
import { Operations } from "../../../apps/console/src/access/operations.js";
import {
  DocumentSchemas,
  type JsonSchema,
} from "../../../apps/console/src/documents/json-schema.js";
import type { Databases } from "../support/databases.js";
import { routesTable } from "../support/routes-table.js";
import { TestConsole, type Answer } from "../support/test-console.js";

const API_PAGE = "docs/console/api.md";
const BEGIN = "<!-- routes -->";
const END = "<!-- end of routes -->";

/** Who may call what. */
export function accessCases(databases: () => Databases): void {
  let lacre: TestConsole;
  beforeAll(async () => {
    lacre = await TestConsole.start(databases());
  });
  afterAll(() => lacre.close());

  it("answers a ping", async () => {
    const { status, body } = await lacre.ask("/v1/ping");
    expect([status, body]).toEqual([200, { code: 200, message: "pong" }]);
  });

  it("has a line of docs/console/api.md for each route, and for no other", () => {
    const table = routesTable(lacre.app.get(Operations, { strict: false }).routes);
    const [before, rest = ""] = readFileSync(API_PAGE, "utf8").split(BEGIN);
    const [written, after = ""] = rest.split(END);
    if (process.env.LACRE_WRITE_DOCS !== undefined)
      writeFileSync(API_PAGE, `${before}${BEGIN}\n${table}\n${END}${after}`);
    // Where routes have changed, LACRE_WRITE_DOCS=1 writes them.
    else expect(written?.trim()).toBe(table);
  });

  it("lets a kind of person call a route exactly if the table says so", async () => {
    const tokens = new Map<Kind, string>();
    for (const kind of KINDS) tokens.set(kind, (await lacre.somebody(kind)).token);
    const wrong: string[] = [];
    for (const { method, path, terms } of lacre.app.get(Operations, { strict: false }).routes) {
      if (terms.access.by !== "person") continue;
      for (const [kind, token] of tokens) {
        // A token may end with the call: what ends sessions is asked by somebody new.
        const { status } = await lacre.ask(path.replaceAll(/:\w+/g, "nothing"), { method, token });
        const allowed = status !== 403 && status !== 401;
        if (allowed !== may(kind, terms.access.permission))
          wrong.push(`${method} ${path} as ${kind}: ${status}`);
      }
      const { status } = await lacre.ask(path.replaceAll(/:\w+/g, "nothing"), { method });
      if (status !== 401) wrong.push(`${method} ${path} without a token: ${status}`);
    }
    expect(wrong).toEqual([]);
  });

  it("takes no text that no database keeps, wherever it stands", async () => {
    const { token } = await lacre.somebody("admin");
    const wrong: string[] = [];
    const ask = async (method: string, path: string, at: string, body?: unknown) => {
      const answer = await lacre.ask(path, { method, body, token });
      const { status, body: told } = answer;
      if (status !== 400 || !String(told.faults?.[0]?.at).startsWith(at))
        wrong.push(`${method} ${path}: ${status} ${JSON.stringify(told)}`);
    };
    for (const { method, path, terms } of lacre.app.get(Operations, { strict: false }).routes) {
      if (terms.access.by === "service") continue;
      const plain = path.replaceAll(/:\w+/g, "nothing");
      for (const [name] of path.matchAll(/:\w+/g))
        await ask(method, path.replace(name, "a%00b").replaceAll(/:\w+/g, "nothing"), "path");
      for (const name of Object.keys(terms.query?.shape ?? {}))
        await ask(method, `${plain}?${name}=a%00b`, "query");
      if (terms.body === undefined || method === "GET") continue;
      for (const text of ["a\0b", "\ud800"])
        for (const body of [{ a: { b: [text] } }, { [text]: 1 }])
          await ask(method, plain, "body", body);
    }
    expect(wrong).toEqual([]);
    const deep = { method: "POST", token, headers: { "content-type": "application/json" } };
    const nested = `{"a":${"[".repeat(30_000)}${"]".repeat(30_000)}}`;
    const url = `${lacre.url}/v1/apps`;
    const headers = { ...deep.headers, authorization: `Bearer ${token}` };
    expect((await fetch(url, { method: "POST", headers, body: nested })).status).toBe(400);
  });

  it("lets no signature call what is for people, and no person what is for services", async () => {
    const forged = `LACRE1-HMAC-SHA256 Credential=orders, SignedHeaders=host, Signature=${"A".repeat(43)}`;
    const { token } = await lacre.somebody("admin");
    const wrong: string[] = [];
    for (const { method, path, terms } of lacre.app.get(Operations, { strict: false }).routes) {
      const { by } = terms.access;
      if (by !== "person" && by !== "service") continue;
      const headers = { authorization: by === "person" ? forged : `Bearer ${token}` };
      const { status } = await lacre.ask(path.replaceAll(/:\w+/g, "nothing"), { method, headers });
      if (status !== 401) wrong.push(`${method} ${path}: ${status}`);
    }
    expect(wrong).toEqual([]);
  });

  it("takes no field that it does not know, in no body and no query", async () => {
    const { token } = await lacre.somebody("admin");
    const isNamed = ({ body }: Answer, at: string): boolean =>
      (body.faults as { at: string; problem: string }[] | undefined)?.some(
        (fault) => fault.at.startsWith(at) && fault.problem.includes("nobodyKnowsIt"),
      ) ?? false;
    const wrong: string[] = [];
    for (const { method, path, terms } of lacre.app.get(Operations, { strict: false }).routes) {
      const { by } = terms.access;
      if (by !== "person" && by !== "sign-in") continue;
      const at = path.replaceAll(/:\w+/g, "nothing");
      const signedIn = by === "person" ? { token } : {};
      const query = await lacre.ask(`${at}?nobodyKnowsIt=1`, { method, ...signedIn });
      if (query.status !== 400 || !isNamed(query, "query")) wrong.push(`${method} ${path}?`);
      if (method === "GET") continue;
      const body = { nobodyKnowsIt: 1 };
      const answer = await lacre.ask(at, { method, body, ...signedIn });
      if (answer.status !== 400 || !isNamed(answer, "body")) wrong.push(`${method} ${path} {}`);
    }
    expect(wrong).toEqual([]);
  });

  it("takes none within what it knows either, also of services", async () => {
    const open: string[] = [];
    const walk = (schema: JsonSchema, place: string): void => {
      if (schema.properties !== undefined && schema.additionalProperties !== false)
        open.push(place);
      for (const [name, value] of Object.entries(schema))
        if (typeof value === "object" && value !== null)
          walk(value as JsonSchema, `${place}/${name}`);
    };
    for (const { method, path, terms } of lacre.app.get(Operations, { strict: false }).routes)
      for (const schema of [terms.query, terms.body])
        if (schema !== undefined)
          walk(new DocumentSchemas().of(schema, "input"), `${method} ${path}`);
    expect(open).toEqual([]);
  });
}
