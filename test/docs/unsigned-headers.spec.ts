/*
 * The headers that every sender leaves unsigned unless its user names them: one list, in docs/protocol.md section 4.
 */
import { describe, expect, it } from "@jest/globals";
import { ConfigurationError, Signer } from "@lacre/core";
import { WebSigner } from "../../libs/client/src/platform/web-signer.js";
import { read } from "./markdown.js";
import { UNSIGNED_NAMES, UNSIGNED_PREFIXES } from "./unsigned-names.js";

const names = UNSIGNED_NAMES;
const prefixes = UNSIGNED_PREFIXES;

const KEY = "lk1_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
const WHO = { appId: "demo", apiKey: KEY };
const requestWith = (headers: readonly string[]) => ({
  method: "GET",
  url: "https://api.example.test/",
  headers: headers.map((name) => [name, "x"] as const),
});
const signedIn = (headers: readonly (readonly [string, string])[]): string[] =>
  /SignedHeaders=([^,]*)/.exec(String(headers.at(-1)?.[1]))?.[1]?.split(";") ?? [];

describe("headers that travel unsigned unless they are named", () => {
  it("are a list", () => {
    expect(names.length).toBeGreaterThan(20);
    expect(prefixes.length).toBeGreaterThan(5);
  });

  it.each([...names, ...prefixes.map((prefix) => `${prefix}x`)])("%s", async (name) => {
    const request = requestWith([name, "x-tenant"]);
    expect(signedIn(new Signer(WHO).sign(request).headers)).toEqual(["host", "x-tenant"]);
    const web = await new WebSigner(WHO).sign(request, Date.now());
    expect(signedIn(web.headers)).toEqual(["host", "x-tenant"]);
    const named = { ...WHO, signedHeaders: [name.toUpperCase()] };
    const all = [name, "host", "x-tenant"].sort();
    expect(signedIn(new Signer(named).sign(request).headers)).toEqual(all);
    const namedWeb = await new WebSigner(named).sign(request, Date.now());
    expect(signedIn(namedWeb.headers)).toEqual(all);
  });

  it("are no others in the library", () => {
    const source = read("libs/core/src/scheme/signed-fields.ts");
    const [, set = ""] = /UNSIGNED_UNLESS_NAMED: [^[]*\[([^\]]*)\]/.exec(source) ?? [];
    expect([...set.matchAll(/"(.*)"/g)].map(([, name]) => name)).toEqual(names);
    const [, edges = ""] = /OF_AN_EDGE = \/\^\(\?:([^)]*)\)-\//.exec(source) ?? [];
    expect(edges.split("|").map((edge) => `${edge}-`)).toEqual(prefixes);
  });

  it("are those of exported collections", () => {
    const [, source = ""] = /UNSIGNED =\s*\/(.*)\/;/.exec(read("apps/cli/snippets/sign.js")) ?? [];
    const unsigned = new RegExp(source);
    for (const name of names) expect(name).toMatch(unsigned);
    for (const prefix of prefixes) expect(`${prefix}x`).toMatch(unsigned);
    for (const name of ["acceptable", "host", "x-tenant", "content-type", "x-cf-ray", "secret"])
      expect(name).not.toMatch(unsigned);
  });

  // What they do with it is tested with the languages themselves, but C#, which is not run.
  it.each([
    ...["bash/lacre.sh", "csharp/Lacre.cs", "go/lacre.go", "java/Lacre.java"],
    ...["php/lacre.php", "python/lacre.py", "ruby/lacre.rb"],
  ])("are those of clients/%s", (file) => {
    const source = read(`clients/${file}`).replaceAll(/others\+=|[^a-z0-9|-]/g, "");
    const edges = prefixes.map((prefix) => prefix.slice(0, -1));
    expect(source.includes([...names, ...edges].join("|"))).toBe(true);
  });

  it("are signed where a URL demands them", () => {
    const { canonicalRequest } = new Signer(WHO).presign({
      url: "https://api.example.test/",
      headers: [["Accept", "text/csv"]],
      expiresSeconds: 60,
    });
    expect(canonicalRequest).toContain("\naccept:text/csv\n");
  });

  it.each([["cookie"], ["X-Forwarded-For"], ["proxy-x"]])("may be named, unlike %s", (name) => {
    const make = () => new Signer({ ...WHO, signedHeaders: [name] });
    expect(make).toThrow(ConfigurationError);
    expect(make).toThrow(/^signedHeaders: .* may not be signed/);
  });

  it.each([["x-request-id"], [["a b"]], [[7]]])(
    "are named in a list, and not as %j",
    (signedHeaders) => {
      expect(() => new Signer({ ...WHO, signedHeaders: signedHeaders as never })).toThrow(
        /^signedHeaders/,
      );
    },
  );
});
