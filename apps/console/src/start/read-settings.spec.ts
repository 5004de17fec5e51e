import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readSettings } from "./read-settings.js";

const KEY = randomBytes(32).toString("base64");
const base64 = (bytes: Iterable<number> | string): string =>
  Buffer.from(typeof bytes === "string" ? bytes : [...bytes]).toString("base64");

describe("the settings of the console", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "lacre-console-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it("needs none to try it out", () => {
    const data = join(folder, "data");
    const settings = readSettings({ CONSOLE_DATA: data, PORT: "" });
    expect(settings).toMatchObject({
      host: "127.0.0.1",
      port: 3100,
      origin: "http://127.0.0.1:3100",
      databaseUrl: undefined,
      trustedProxies: [],
      isOwnKey: true,
    });
    expect(statSync(join(data, "master.key")).mode & 0o777).toBe(0o600);
    expect(readSettings({ CONSOLE_DATA: data }).tokenKey).toEqual(settings.tokenKey);
  });

  it("takes what operations give", () => {
    const file = join(folder, "key");
    writeFileSync(file, `${KEY}\n`);
    const settings = readSettings({
      HOST: "0.0.0.0",
      PORT: "8443",
      DATABASE_URL: "postgres://lacre:pw@db:5432/lacre",
      CONSOLE_MASTER_KEY_FILE: file,
      CONSOLE_MASTER_KEY_BEFORE: base64(randomBytes(32)),
      CONSOLE_ORIGIN: "https://console.example.com",
      CONSOLE_TRUSTED_PROXIES: "10.0.0.5, fd00::/8",
    });
    expect(settings).toMatchObject({
      host: "0.0.0.0",
      port: 8443,
      origin: "https://console.example.com",
      trustedProxies: ["10.0.0.5", "fd00::/8"],
      isOwnKey: false,
    });
    const same = readSettings({ CONSOLE_MASTER_KEY: KEY });
    expect(same.tokenKey).toEqual(settings.tokenKey);
  });

  it.each([
    [{ PORT: "0" }, "PORT: must be"],
    [{ PORT: "3100x" }, "PORT: must be"],
    [{ HOST: "0.0.0.0" }, "CONSOLE_ORIGIN: is missing"],
    [{ HOST: "::" }, "CONSOLE_ORIGIN: is missing"],
    [{ HOST: "0.0.0.0", CONSOLE_ORIGIN: "http://console.example.com" }, "must begin with https://"],
    [{ CONSOLE_ORIGIN: "https://console.example.com/" }, "must be an origin"],
    [{ CONSOLE_ORIGIN: "https://u:p@console.example.com" }, "must be an origin"],
    [{ CONSOLE_ORIGIN: "console.example.com" }, "must be an origin"],
    [{ CONSOLE_ORIGIN: "ftp://console.example.com" }, "must be an origin"],
    [{ CONSOLE_TRUSTED_PROXIES: "nginx" }, "CONSOLE_TRUSTED_PROXIES: must be"],
    [
      { CONSOLE_TRUSTED_PROXIES: "10.0.0.5,10.0.0.1/8" },
      'CONSOLE_TRUSTED_PROXIES[1]: is the address 10.0.0.1 with the length of a network. Write "10.0.0.0/8"',
    ],
    [{ CONSOLE_TRUSTED_PROXIES: "10.0.0.0/40" }, "CONSOLE_TRUSTED_PROXIES: must be"],
    [{ DATABASE_URL: "mysql://u:secret@h/d" }, "DATABASE_URL: must be"],
    [{ DATABASE_URL: "postgres://u:secret@h" }, "DATABASE_URL: must be"],
    [
      { CONSOLE_MASTER_KEY: "", DATABASE_URL: "postgres://u@h/d" },
      "CONSOLE_MASTER_KEY: is missing",
    ],
    [{ CONSOLE_MASTER_KEY: KEY, CONSOLE_MASTER_KEY_FILE: "x" }, "is given twice"],
    [
      { CONSOLE_MASTER_KEY: "", CONSOLE_MASTER_KEY_FILE: "/nowhere/key" },
      "CONSOLE_MASTER_KEY_FILE: names a file",
    ],
    [{ CONSOLE_MASTERKEY: KEY }, "CONSOLE_MASTERKEY: is no setting"],
  ])("refuses %j, and says what to do", (env, message) => {
    expect(() => readSettings({ CONSOLE_MASTER_KEY: KEY, ...env })).toThrow(message);
  });

  it.each([
    ["a short one", base64(randomBytes(16))],
    ["one that is no base64", "secret"],
    ["one byte again and again", base64(Buffer.alloc(32, 0x61))],
    ["zeros", base64(Buffer.alloc(32))],
    ["two bytes in turn", base64(Buffer.alloc(32, "\u0001\u00ff", "latin1"))],
    ["numbers in a row", base64(Array.from({ length: 32 }, (_, i) => i))],
    ["numbers down", base64(Array.from({ length: 32 }, (_, i) => 255 - 3 * i))],
    ["a text", base64("correct horse battery staple, 32")],
    ["hex in place of bytes", base64(randomBytes(16).toString("hex"))],
  ])("refuses a master key that is %s, and does not show it", (_name, key) => {
    for (const name of ["CONSOLE_MASTER_KEY", "CONSOLE_MASTER_KEY_BEFORE"]) {
      const read = (): unknown => readSettings({ CONSOLE_MASTER_KEY: KEY, [name]: key });
      expect(read).toThrow(name);
      expect(read).not.toThrow(key);
    }
  });

  it("makes neither key nor folder for a command", () => {
    const data = join(folder, "mistyped");
    expect(() => readSettings({ CONSOLE_DATA: data }, false)).toThrow(
      `CONSOLE_DATA: ${data} holds no console.`,
    );
    expect(existsSync(data)).toBe(false);
  });

  it("makes no new key beside a database whose key is gone", () => {
    mkdirSync(join(folder, "database"));
    writeFileSync(join(folder, "database", "PG_VERSION"), "18");
    expect(() => readSettings({ CONSOLE_DATA: folder })).toThrow("CONSOLE_MASTER_KEY: is missing");
    expect(existsSync(join(folder, "master.key"))).toBe(false);
  });
});
