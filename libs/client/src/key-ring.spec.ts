import { describe, expect, it } from "@jest/globals";
import { signFetch } from "./fetch.js";

const KEY = "lk1_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";

describe("keys of a client", () => {
  it.each<[string, unknown, RegExp]>([
    ["no key", [], /^keys: must be a list of 1 to 8 keys, or a function that gives one/],
    ["a key alone", KEY, /^keys: must be a list/],
    ["too many", Array(9).fill(KEY), /^keys: must be a list of 1 to 8/],
    ["a text that is not a key", [KEY, "short"], /^keys\[1\]: .* It is key 2 of 2\.$/],
  ])("are refused at the start: %s", (_what, keys, message) => {
    const make = () => signFetch(fetch, { appId: "demo", keys: keys as string[] });
    expect(make).toThrow(message);
    expect(make).not.toThrow(KEY.slice(4));
  });

  it.each([
    ["no list", () => KEY],
    ["no key", () => []],
    ["a text that is not a key", () => [KEY, "short"]],
  ])("are refused when a function gives %s", async (_what, keys) => {
    const never = (() => Promise.reject(new Error("nothing is sent"))) as typeof fetch;
    const call = signFetch(never, { appId: "demo", keys: keys as () => string[] });
    await expect(call("http://127.0.0.1:1/")).rejects.toMatchObject({ name: "ConfigurationError" });
  });
});
