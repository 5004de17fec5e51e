import { KINDS, may, type Kind } from "../../../apps/console/src/access/roles.js";
import { Operations } from "../../../apps/console/src/access/operations.js";
import type { Databases } from "../support/databases.js";
import { TestConsole } from "../support/test-console.js";

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
}
