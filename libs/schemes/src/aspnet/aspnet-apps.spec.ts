import { describe, expect, it } from "@jest/globals";
import { readApps } from "@lacre/core";
import { ConfigurationError } from "@lacre/core/scheme";
import { readAspnetApps } from "./aspnet-apps.js";
import { aspnetHmac } from "./aspnet-hmac.js";

const KEY = "MNpx/353+rW+pqv8UbRTAtO1yoabl8/RFDAv/615u5w=";
const OTHER = "YXJld3JzZHJkc2FhcndlZQ==";
const MAC_OF_ABC = "da35a7eedc4ed1d8e2f11ff3d67f2f07eb0da45528c79ddb307b479c7eb09311";
const SETTINGS = {
  Logging: { LogLevel: { Default: "Warning" } },
  Authentication: {
    HmacAuthenticatedApps: [
      { AppId: "orders", ApiKey: KEY },
      { AppId: "0b6f1c2e-6f0e-4b0c-9d55-7b6a2f6c3a11", ApiKey: OTHER },
    ],
  },
};

describe("readAspnetApps", () => {
  it("gives keys for a scheme that has another name", () => {
    const legacy = aspnetHmac({ name: "legacy" });
    const [first] = readApps(readAspnetApps(SETTINGS, "legacy"), [legacy]);
    expect(first?.keysFor("legacy", "sha256", 0)).toHaveLength(1);
    expect(() => readApps(readAspnetApps(SETTINGS), [legacy])).toThrow("Enabled: legacy");
  });

  it.each([
    ["parsed", SETTINGS],
    ["text", JSON.stringify(SETTINGS)],
    ["text with a byte order mark", `\uFEFF${JSON.stringify(SETTINGS, null, 2)}`],
    [
      "names in other cases",
      JSON.parse(
        JSON.stringify(SETTINGS)
          .toLowerCase()
          .replace(KEY.toLowerCase(), KEY)
          .replace(OTHER.toLowerCase(), OTHER),
      ),
    ],
  ])("%s: gives apps that can be registered", (_form, settings) => {
    const apps = readAspnetApps(settings);
    expect(apps[0]).toEqual({
      appId: "orders",
      keys: [{ apiKey: KEY, encoding: "base64", schemes: ["aspnet-hmac"] }],
    });
    const [first, second] = readApps(apps, [aspnetHmac()]);
    expect(second?.appId).toBe("0b6f1c2e-6f0e-4b0c-9d55-7b6a2f6c3a11");
    // HMAC-SHA256 of "abc" under the decoded key, by OpenSSL.
    expect(first?.keys[0]?.secret.mac("sha256", "abc", "hex")).toBe(MAC_OF_ABC);
  });

  it.each([
    [undefined, "HmacAuthenticatedApps"],
    [null, "HmacAuthenticatedApps"],
    [{}, "HmacAuthenticatedApps"],
    [{ Authentication: { HmacAuthenticatedApps: {} } }, "HmacAuthenticatedApps"],
    [{ Authentication: { HmacAuthenticatedApps: [] } }, "HmacAuthenticatedApps"],
    [{ Authentication: { HmacAuthenticatedApps: [null] } }, "HmacAuthenticatedApps[0].AppId"],
    [{ Authentication: { HmacAuthenticatedApps: [{ AppId: "a" }] } }, "[0].ApiKey"],
    [{ Authentication: { HmacAuthenticatedApps: [{ AppId: 1, ApiKey: KEY }] } }, "[0].AppId"],
    [
      { Authentication: { HmacAuthenticatedApps: [{ AppId: "a", ApiKey: KEY, apikey: OTHER }] } },
      "[0].ApiKey",
    ],
    ["", "appsettings.json"],
    [`{ "ApiKey": "${KEY}", }`, "appsettings.json"],
    [`{ "ApiKey": "${KEY}" // the old one\n}`, "appsettings.json"],
  ])("%j: %s", (settings, place) => {
    try {
      readAspnetApps(settings);
      throw new Error("taken");
    } catch (error) {
      expect(error).toBeInstanceOf(ConfigurationError);
      expect((error as ConfigurationError).option).toContain(place);
      expect(JSON.stringify([(error as Error).message, (error as Error).stack])).not.toContain(
        KEY.slice(0, 8),
      );
    }
  });
});
