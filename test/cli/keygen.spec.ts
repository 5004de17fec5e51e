import { describe, expect, it } from "@jest/globals";
import { awsSigV4 } from "@lacre/schemes/aws-sigv4";
import { lacre1, readApps, type AppDefinition } from "@lacre/core";
import { lacre } from "./lacre.js";

const LK1 = /^lk1_[\w-]{42}[AEIMQUYcgkosw048]$/;

describe("lacre keygen", () => {
  it("prints a line for the configuration and lines for the environment", async () => {
    const { code, out, err } = await lacre(["keygen", "--app-id", "orders"]);
    expect({ code, err }).toEqual({ code: 0, err: "" });
    const [, appId, apiKey = ""] = /^ {2}\{ appId: "(.*)", apiKey: "(.*)" \}$/m.exec(out) ?? [];
    expect(appId).toBe("orders");
    expect(apiKey).toMatch(LK1);
    expect(out).toContain(`\n  LACRE_APP_ID=orders\n  LACRE_API_KEY=${apiKey}\n`);
  });

  it("makes a new key each time", async () => {
    expect((await lacre(["keygen"])).out).not.toBe((await lacre(["keygen"])).out);
  });

  it("prints JSON that the configuration accepts", async () => {
    const { out } = await lacre(["keygen", "--json"], { env: { LACRE_APP_ID: "billing" } });
    const { environment, ...definition } = JSON.parse(out) as AppDefinition & {
      environment: object;
    };
    expect(definition).toEqual({ appId: "billing", apiKey: expect.stringMatching(LK1) });
    expect(environment).toEqual({ LACRE_APP_ID: "billing", LACRE_API_KEY: definition.apiKey });
    expect(readApps([definition], [lacre1])).toHaveLength(1);
  });

  it("makes a text key for aws-sigv4", async () => {
    const { out } = await lacre(["keygen", "--scheme", "aws-sigv4", "--json"]);
    const { environment: _environment, ...definition } = JSON.parse(out) as AppDefinition & {
      environment: object;
    };
    expect(definition).toEqual({
      appId: "my-app",
      apiKey: expect.stringMatching(/^[\w-]{43}$/),
      encoding: "text",
      schemes: ["aws-sigv4"],
    });
    expect(readApps([definition], [awsSigV4({ region: "r", service: "s" })])).toHaveLength(1);
  });

  it("refuses what is no AppId", async () => {
    const { code, err } = await lacre(["keygen", "--app-id", "a b"]);
    expect({ code, err }).toEqual({ code: 2, err: expect.stringContaining("is not an AppId") });
  });
});
