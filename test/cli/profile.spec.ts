import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, it } from "@jest/globals";
import { lacre } from "./lacre.js";

const KEY = "lk1_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
const OTHER = "lk1_ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8";
const AWS_SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
const NOW = 1_700_000_000;

const home = mkdtempSync(join(tmpdir(), "lacre-profile-"));
const folder = join(home, ".config", "lacre");
afterAll(() => rmSync(home, { recursive: true }));
beforeEach(() => {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
});

function write(name: string, members: object | string, mode = 0o600): string {
  const path = join(folder, `${name}.json`);
  writeFileSync(path, typeof members === "string" ? members : JSON.stringify(members));
  chmodSync(path, mode);
  return path;
}

async function run(args: string[], env: Record<string, string> = {}) {
  const world = { env: { HOME: home, ...env }, nowSeconds: NOW };
  const outcome = await lacre(args, world);
  for (const key of [KEY, OTHER]) {
    expect(outcome.out + outcome.err).not.toContain(key.slice(4));
  }
  return outcome;
}

/** Who signed, and whether with this key. */
async function signedBy(args: string[], env: Record<string, string> = {}) {
  const { code, out, err } = await run(["sign", ...args, "GET", "https://a.test/x"], env);
  expect({ code, err }).toEqual({ code: 0, err: "" });
  const request = `GET /x HTTP/1.1\nHost: a.test\n${out}\n`;
  const appId = /Credential=([^,/]+)/.exec(out)?.[1] ?? "";
  for (const key of [KEY, OTHER]) {
    const judged = await lacre(["verify", "--at", String(NOW)], {
      env: { LACRE_APP_ID: appId, LACRE_API_KEY: key },
      stdin: request,
    });
    if (judged.code === 0) return [appId, key];
  }
  return [appId, "another"];
}

describe("a profile", () => {
  it("says who signs, with what: by name, by the environment, or the one called default", async () => {
    write("default", { appId: "first", key: KEY });
    write("orders", { appId: "orders", key: OTHER });
    expect(await signedBy([])).toEqual(["first", KEY]);
    expect(await signedBy(["--profile", "orders"])).toEqual(["orders", OTHER]);
    expect(await signedBy([], { LACRE_PROFILE: "orders" })).toEqual(["orders", OTHER]);
    expect(await signedBy(["--profile", "default"], { LACRE_PROFILE: "orders" })).toEqual([
      "first",
      KEY,
    ]);
  });

  it("comes after the environment, and that after flags, each for itself", async () => {
    const file = join(home, "flag.key");
    writeFileSync(file, KEY, { mode: 0o600 });
    write("p", { appId: "of-profile", key: OTHER });
    const env = { LACRE_PROFILE: "p" };
    expect(await signedBy([], env)).toEqual(["of-profile", OTHER]);
    expect(await signedBy([], { ...env, LACRE_APP_ID: "of-env" })).toEqual(["of-env", OTHER]);
    expect(await signedBy([], { ...env, LACRE_API_KEY: KEY })).toEqual(["of-profile", KEY]);
    const both = { ...env, LACRE_APP_ID: "of-env", LACRE_API_KEY: OTHER };
    expect(await signedBy(["--app-id", "of-flag"], both)).toEqual(["of-flag", OTHER]);
    expect(await signedBy(["--key-file", file], both)).toEqual(["of-env", KEY]);
  });

  it("is in XDG_CONFIG_HOME where that is given, as an absolute path", async () => {
    const elsewhere = join(home, "xdg");
    mkdirSync(join(elsewhere, "lacre"), { recursive: true });
    writeFileSync(
      join(elsewhere, "lacre", "default.json"),
      JSON.stringify({ appId: "xdg", key: KEY }),
      {
        mode: 0o600,
      },
    );
    write("default", { appId: "home", key: KEY });
    expect(await signedBy([], { XDG_CONFIG_HOME: elsewhere })).toEqual(["xdg", KEY]);
    expect(await signedBy([], { XDG_CONFIG_HOME: "xdg" })).toEqual(["home", KEY]);
  });

  it("names a key file, seen from its own folder or from home", async () => {
    writeFileSync(join(folder, "orders.key"), `${KEY}\n`, { mode: 0o600 });
    for (const keyFile of [
      "orders.key",
      "~/.config/lacre/orders.key",
      join(folder, "orders.key"),
    ]) {
      // The profile itself is no secret then.
      write("default", { appId: "orders", keyFile }, 0o644);
      expect(await signedBy([])).toEqual(["orders", KEY]);
    }
  });

  it("with a key that others may read is refused, as ssh does", async () => {
    const path = write("default", { appId: "orders", key: KEY }, 0o644);
    const { code, out, err } = await run(["sign", "GET", "https://a.test/"]);
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toContain(`chmod 600 ${path}`);
  });

  it("has a scheme and its options, and where the API is", async () => {
    write("aws", {
      appId: "AKIDEXAMPLE",
      key: AWS_SECRET,
      scheme: "aws-sigv4",
      schemeOptions: { region: "us-east-1", service: "service" },
      url: "https://a.test/v1/",
    });
    const { out, err, code } = await run(["sign", "--profile", "aws", "GET", "/items?a=1"]);
    expect({ err, code }).toEqual({ err: "", code: 0 });
    expect(out).toContain("/us-east-1/service/aws4_request");
    const shown = await run(["sign", "--profile", "aws", "--show-canonical", "GET", "/items?a=1"]);
    expect(shown.err).toContain("GET\n/v1/items\na=1\nhost:a.test\n");
    expect(out).not.toContain(AWS_SECRET);
    // A flag comes before what the profile says.
    const west = await run(["sign", "--profile", "aws", "--region", "us-west-2", "GET", "/x"]);
    expect(west.out).toContain("/us-west-2/service/");
    // With another scheme its options do not count.
    const hawk = await run(["sign", "--profile", "aws", "--scheme", "hawk", "GET", "/items"]);
    expect(hawk.out).toContain("Hawk id=");
  });

  it("is taken by every command that takes an AppId", async () => {
    write("p", { appId: "orders", key: KEY, url: "https://a.test/v1" });
    const profile = ["--profile", "p"];
    const signed = await run(["sign", ...profile, "GET", "/x"]);
    const request = join(home, "r.http");
    writeFileSync(request, `GET /v1/x HTTP/1.1\nHost: a.test\n${signed.out}\n`);
    expect((await run(["presign", ...profile, "/x"])).out).toContain("https://a.test/v1/x?");
    expect((await run(["curl", ...profile, "--dry-run", "/x"])).out).toContain(
      "https://a.test/v1/x",
    );
    const judged = await run(["verify", ...profile, "--file", request]);
    // The origin is the profile's, so no word of any host.
    expect({ code: judged.code, err: judged.err }).toEqual({ code: 0, err: "" });
    expect((await run(["explain", ...profile, "--client", request])).code).toBe(0);
    const out = join(home, "collection.json");
    expect(
      (await run(["export", ...profile, "--request", "GET /x", "--out", out, "postman"])).code,
    ).toBe(0);
    const made = await lacre(["keygen", ...profile, "--json"], { env: { HOME: home } });
    expect(made.out).toContain('"appId": "orders"');
    write("open", { appId: "orders", key: KEY, url: "http://127.0.0.1:1" });
    expect((await run(["doctor", "--profile", "open", "/x"])).out).toContain("no answer");
    for (const command of [
      "keygen",
      "sign",
      "presign",
      "curl",
      "verify",
      "explain",
      "doctor",
      "export",
    ])
      expect((await lacre([command, "--help"])).out).toContain("--profile <name>");
  });

  it("is listed without its key", async () => {
    write("a", { appId: "orders", key: KEY });
    const schemeOptions = { region: "r", service: "s" };
    writeFileSync(join(folder, "aws.key"), AWS_SECRET, { mode: 0o600 });
    write("b", {
      appId: "aws",
      keyFile: "aws.key",
      scheme: "aws-sigv4",
      schemeOptions,
      url: "https://b.test",
    });
    const { code, out } = await run(["profiles"]);
    expect(code).toBe(0);
    expect(out).toBe(
      "a  orders  lacre1  -  (in the profile)\nb  aws  aws-sigv4  https://b.test  aws.key\n",
    );
    const json = JSON.parse((await run(["profiles", "--json"])).out) as object[];
    expect(json[0]).toEqual({
      name: "a",
      appId: "orders",
      scheme: "lacre1",
      url: null,
      key: "(in the profile)",
    });
    write("c", { key: KEY }, 0o644);
    const broken = await run(["profiles"]);
    expect(broken.out.split("\n").slice(0, 2)).toEqual(out.split("\n").slice(0, 2));
    expect(broken.out).toContain("c  The profile");
    expect(broken.code).toBe(1);
    rmSync(folder, { recursive: true });
    expect((await run(["profiles"])).out).toContain(`There is no profile in ${folder}`);
  });

  it.each<[string, object, string]>([
    ["a key file that is not there", { appId: "a", keyFile: "no.key" }, "no.key: there is no such"],
    ["an unknown scheme", { key: KEY, scheme: "aws" }, "--scheme aws is not known"],
    ["no region", { scheme: "aws-sigv4" }, "needs --region and --service"],
    [
      "a cut key",
      { appId: "a", key: KEY.slice(0, 20) },
      "profile p: key: is shorter than 32 bytes",
    ],
  ])("%s: is listed with what is wrong", async (_name, members, fault) => {
    write("fine", { appId: "orders", key: KEY });
    write("p", members);
    const { code, out } = await run(["profiles"], { LACRE_API_KEY: OTHER });
    const [fine, wrong = ""] = out.split("\n");
    expect({ code, fine }).toEqual({ code: 1, fine: "fine  orders  lacre1  -  (in the profile)" });
    expect(wrong).toMatch(/^p {2}/);
    expect(wrong).toContain(fault);
    const json = JSON.parse((await run(["profiles", "--json"])).out) as { fault?: string }[];
    expect(json.map((each) => each.fault?.includes(fault))).toEqual([undefined, true]);
  });

  it("with a url, and a word that is neither a path nor a URL: says what is missing", async () => {
    write("p", { appId: "orders", key: KEY, url: "https://a.test/v1/" });
    for (const command of [["sign", "GET"], ["presign"], ["curl"], ["doctor"]]) {
      const [name = "", ...args] = command;
      const { code, err } = await run([name, "--profile", "p", ...args, "orders"]);
      expect({ command, code }).toEqual({ command, code: 2 });
      expect(err).toContain("Begin a path with /, so that it follows https://a.test/v1");
    }
    const { err } = await run(["sign", "--app-id", "a", "GET", "/orders"], { LACRE_API_KEY: KEY });
    expect(err).toContain("a profile with a url");
  });

  it.each<[string, object | string, string]>([
    ["no JSON", `{"key": "${KEY}"`, "is no JSON"],
    ["a list", "[]", "must be an object"],
    ["a misspelt member", { appid: "a", key: KEY }, "Did you mean appId?"],
    ["a key as a name", { [KEY]: "a" }, "is not an option"],
    ["both keys", { key: KEY, keyFile: "k" }, "Leave one of them out"],
    ["a number", { appId: 7 }, "appId: must be"],
    ["another encoding", { encoding: KEY }, "encoding: must be"],
    ["another scheme", { appId: "a", key: KEY, scheme: "aws" }, "--scheme aws is not known"],
    [
      "a wrong option of the scheme",
      {
        appId: "a",
        key: AWS_SECRET,
        scheme: "aws-sigv4",
        schemeOptions: { regio: "x", region: "r", service: "s" },
      },
      "Did you mean region",
    ],
    ["a URL with a query", { url: "https://a.test/?key=x" }, "without a query"],
  ])("%s: one line, exit code 2", async (_name, members, message) => {
    write("p", members);
    const { code, out, err } = await run(["sign", "--profile", "p", "GET", "https://a.test/"]);
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toContain(message);
    expect(err.trim().split("\n")).toHaveLength(1);
    expect(err).not.toContain(AWS_SECRET);
  });

  it.each([
    ["nobody", "There is no profile nobody"],
    ["../p", "is no name of a profile"],
    [KEY, "There is no profile"],
  ])("%s: is not there", async (name, message) => {
    const { code, err } = await run(["sign", "--profile", name, "GET", "https://a.test/"]);
    expect(code).toBe(2);
    expect(err).toContain(message);
  });

  it("is not given to curl", async () => {
    write("p", { appId: "orders", key: KEY });
    let seen: object = {};
    await lacre(["curl", "--profile", "p", "https://a.test/"], {
      env: { HOME: home },
      run: (_program, _args, { env }) => {
        seen = env;
        return Promise.resolve(0);
      },
    });
    expect(JSON.stringify(seen)).not.toContain(KEY.slice(4));
  });
});

describe("flags", () => {
  it.each([
    [["sign", "--profil", "p", "GET", "https://a.test/"], "Did you mean --profile?"],
    [["verify", "--orgin", "https://a.test"], "Did you mean --origin?"],
    [["explain", "--cliet", "x"], "Did you mean --client?"],
    [["doctor", "--posturl", "x", "https://a.test/"], "unknown option '--posturl'"],
    [["profiles", "--profile", "p"], "unknown option"],
    [["replay", "--app-id", "a", "x"], "unknown option"],
    [["keygen", "--key-file", "x"], "unknown option"],
    [["sign", "GET", "https://a.test/", "more"], "too many arguments"],
    [["verify", "request.http"], "too many arguments"],
    [["verfy"], "Did you mean verify?"],
    [["curl", "--profil", "p", "https://a.test/"], "not known to be an option"],
    [["curl", "https://a.test/", "--scheme-option", "a=b"], "is an option of lacre"],
  ])("%j: refused", async (args, message) => {
    const { code, out, err } = await run(args);
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toContain(message);
  });
});
