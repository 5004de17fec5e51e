import { describe, expect, it } from "@jest/globals";
import { ConfigurationError, generateApiKey } from "@lacre/core";
import { ConsoleKeyStore } from "./console-key.store.js";
import { ConsoleVerdicts } from "./console-verdicts.js";

const apiKey = generateApiKey();
const masterKey = Buffer.alloc(32, 7).toString("base64");
const caller = { url: "https://console.example.com", appId: "orders-service", apiKey };

function faultOf(make: () => unknown): string {
  try {
    make();
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigurationError);
    return (error as Error).message;
  }
  throw new Error("nothing is wrong with it");
}

describe("the address of the console", () => {
  it.each([
    "https://console.example.com",
    "https://console.example.com/below/",
    "https://10.0.0.1:8443",
    "http://127.0.0.1:3100",
    "http://127.9.9.9",
    "http://[::1]:3100",
    "http://localhost:3100",
  ])("may be %s", async (url) => {
    const both = [
      new ConsoleKeyStore({ ...caller, url }),
      new ConsoleVerdicts({ ...caller, url, flushSeconds: 0 }),
    ];
    // What is left open says once a minute that it is there.
    await expect(Promise.all(both.map((made) => made.close()))).resolves.toHaveLength(2);
  });

  it.each([
    ["http://console.example.com", /answers carry keys/],
    ["http://10.0.0.1:3100", /answers carry keys/],
    ["http://localhost.example.com", /answers carry keys/],
    ["http://127.0.0.1.example.com", /answers carry keys/],
    ["http://0.0.0.0", /answers carry keys/],
    ["http://[::ffff:10.0.0.1]", /answers carry keys/],
    ["ftp://console.example.com", /must begin with https/],
    ["console.example.com", /must be an absolute URL|must begin with https/],
    ["https://user:hunter2@console.example.com", /user name or a password/],
    ["https://console.example.com/?key=hunter2", /query or a fragment/],
  ])("may not be %s", (url, problem) => {
    for (const make of [
      () => new ConsoleKeyStore({ ...caller, url }),
      () => new ConsoleVerdicts({ ...caller, url }),
    ]) {
      expect(faultOf(make)).toMatch(problem);
      expect(faultOf(make)).not.toContain("hunter2");
    }
  });
});

describe("the options of a ConsoleKeyStore", () => {
  const pool = { query: () => Promise.resolve({ rows: [] }) };
  it.each([
    ["no way to the registry", {}, /or databaseUrl, or pool, must be given/],
    ["two ways", { ...caller, pool, masterKey }, /one of them/],
    ["no AppId", { url: caller.url, apiKey }, /appId: is missing/],
    ["no key", { url: caller.url, appId: "a" }, /apiKey: is missing/],
    ["a malformed ApiKey", { ...caller, apiKey: "lk1_hunter2" }, /apiKey/],
    ["a master key over HTTP", { ...caller, masterKey }, /the console opens the keys/],
    ["a database without a master key", { pool }, /or wrapper must be given/],
    ["a short master key", { pool, masterKey: "aHVudGVyMg==" }, /32 bytes in base64/],
    ["a database and an AppId", { pool, masterKey, appId: "a" }, /asked over HTTP/],
    [
      "a client for a pool",
      { pool: { ...pool, release: () => 0 }, masterKey },
      /taken from a pool/,
    ],
    ["another database", { databaseUrl: "mysql://u:hunter2@h/d", masterKey }, /PostgreSQL/],
    ["no outage at all", { ...caller, outageSeconds: 0 }, /outageSeconds/],
    ["a stranger", { ...caller, outage: 3 }, /Did you mean outageSeconds/],
  ])("are refused with %s", (_what, options, problem) => {
    const fault = faultOf(() => new ConsoleKeyStore(options as never));
    expect(fault).toMatch(problem);
    expect(fault).not.toMatch(/hunter2|aHVudGVyMg/);
  });
});
