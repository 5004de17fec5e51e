import { describe, expect, it } from "@jest/globals";
import { formatUrl, readWrittenUrl, withQuery } from "./written-url.js";

describe("a URL as it is written", () => {
  it.each([
    ["https://a.test", "https://a.test/"],
    ["https://a.test?x", "https://a.test/?x"],
    ["HTTP://A.test:80/", "http://A.test/"],
    ["https://a.test:0443/x#y?z", "https://a.test/x"],
    ["https://a.test:80/", "https://a.test:80/"],
    ["http://a.test:/x", "http://a.test/x"],
    ["http://[::1]:8080//a/../b/./%2f?", "http://[::1]:8080//a/../b/./%2f?"],
    ["a.test/x?u=http://b.test/", "http://a.test/x?u=http://b.test/"],
    ["localhost:3000", "http://localhost:3000/"],
  ])("%s", (text, expected) => {
    expect(formatUrl(readWrittenUrl(text, "http"))).toBe(expected);
  });

  it.each([
    ["ftp://a.test/", "no http or https URL"],
    ["mailto:a@b", "holds a user name"],
    ["https:///x", "is not valid"],
    ["https://a.test:x/", "is not valid"],
    ["https://a.test:99999/", "is not valid"],
    ["https://a b/", "is not valid"],
    ["https://127.1/", "Write it as 127.0.0.1"],
    ["https://[::0001]/", "Write it as [::1]"],
    ["https://exämple.test/", "Write it as xn--exmple-cua.test"],
    ["https://a%41.test/", "Write it as aa.test"],
    ["https://a.test/ö", "Percent-encode it: %C3%B6"],
    ["https://a.test/\n", "Percent-encode it: %0A"],
  ])("%j is refused", (text, message) => {
    expect(() => readWrittenUrl(text, "http")).toThrow(message);
  });

  it("without a scheme is refused where none is assumed", () => {
    expect(() => readWrittenUrl("a.test/x")).toThrow("Begin it with http");
  });

  it.each([
    ["http://a/x", "/x?q"],
    ["http://a/x?", "/x?q"],
    ["http://a/x?y", "/x?y&q"],
    ["http://a/x?y&", "/x?y&q"],
  ])("%s with more query", (text, target) => {
    expect(withQuery(readWrittenUrl(text), "q").target).toBe(target);
  });
});
