import { describe, expect, it } from "@jest/globals";
import { HeaderLines, type SignableRequest } from "@lacre/core/scheme";
import { Sender, type SenderView } from "./sender.js";

const NOBODY = {
  appId: undefined,
  appIdHeader: undefined,
  appIdPath: undefined,
  appIdOf: undefined,
};
const request = (target: string, headers: [string, string][] = []): SignableRequest => ({
  method: "POST",
  target,
  host: "a.test",
  authority: "a.test",
  urlScheme: "https",
  headers: HeaderLines.fromEntries(headers),
});

describe("who sent a message", () => {
  it.each([
    ["/hooks/acme/stripe", "acme"],
    ["/hooks/acme/stripe?a=/hooks/other/stripe", "acme"],
    ["/hooks/a.b~c-d_e/stripe", "a.b~c-d_e"],
  ])("by the path %s", (target, appId) => {
    const sender = new Sender({ ...NOBODY, appIdPath: "/hooks/:appId/stripe" }, "o");
    expect(sender.of(request(target))).toBe(appId);
  });

  it.each([
    "/hooks//stripe",
    "/hooks/acme/stripe/",
    "/hooks/acme/stripe/more",
    "/hooks/acme",
    "/Hooks/acme/stripe",
    "/hooks/acme%2Fother/stripe",
    "/hooks/%61cme/stripe",
    "/hooks/acme;x/stripe",
    "/hooks/acme/other/stripe",
    "//hooks/acme/stripe",
    "/x/hooks/acme/stripe",
    "/hooks/lk1_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8/stripe",
    `/hooks/${"a".repeat(129)}/stripe`,
    "/",
  ])("is nobody by the path %s", (target) => {
    const sender = new Sender({ ...NOBODY, appIdPath: "/hooks/:appId/stripe" }, "o");
    expect(() => sender.of(request(target))).toThrow("app-id-malformed");
  });

  it("by a function, which sees the head and can change nothing", () => {
    let seen: SenderView | undefined;
    const sender = new Sender(
      {
        ...NOBODY,
        appIdOf: (view) => {
          seen = view;
          return new URLSearchParams(view.query).get("shop") ?? view.headers.get("X-Shop");
        },
      },
      "o",
    );
    expect(sender.of(request("/h?shop=one"))).toBe("one");
    expect(seen).toMatchObject({ method: "POST", path: "/h", query: "shop=one" });
    expect(Object.isFrozen(seen) && Object.isFrozen(seen?.headers)).toBe(true);
    expect(sender.of(request("/h", [["x-shop", "two"]]))).toBe("two");
    expect(() =>
      sender.of(
        request("/h", [
          ["x-shop", "two"],
          ["x-shop", "three"],
        ]),
      ),
    ).toThrow("app-id-malformed");
    expect(() => sender.of(request("/h"))).toThrow("app-id-malformed");
  });

  it.each<[string, unknown]>([
    ["a promise", Promise.resolve("one")],
    ["a number", 1],
    ["nothing", undefined],
    ["an empty text", ""],
    ["a blank", "a b"],
    ["an object", { toString: () => "one" }],
  ])("is nobody where the function returns %s", (_, returned) => {
    const sender = new Sender({ ...NOBODY, appIdOf: () => returned as string }, "o");
    expect(() => sender.of(request("/"))).toThrow("app-id-malformed");
  });
});
