import { describe, expect, it } from "@jest/globals";
import type { Refusal } from "../errors.js";
import { HeaderLines } from "../http/header-lines.js";
import type { SignableRequest } from "../http/signable-request.js";
import { lacre1 } from "../lacre1/lacre1.js";
import { chooseScheme } from "./choose-scheme.js";
import type { Scheme } from "../scheme/scheme.js";

/** A scheme that only knows its own credentials. */
const other: Scheme = {
  ...lacre1,
  name: "other",
  header: {
    ...lacre1.header,
    recognises: ({ headers, target }) =>
      headers.all("authorization").some((line) => line.startsWith("Other ")) ||
      target.includes("other="),
  },
};

const requestOf = (target: string, ...authorization: string[]): SignableRequest => ({
  method: "GET",
  target,
  host: "a.test",
  authority: "a.test",
  urlScheme: "https",
  headers: HeaderLines.fromEntries(authorization.map((line) => ["authorization", line] as const)),
});

describe("chooseScheme", () => {
  const codeOf = (
    request: SignableRequest,
    schemes = [lacre1, other],
    names = schemes.map(({ name }) => name),
  ): string => {
    try {
      return chooseScheme(request, schemes, names).scheme.name;
    } catch (error) {
      return (error as Refusal).code;
    }
  };

  it.each([
    // HG01, HG03, HG04, HG15, CX07
    ["/", [], "credentials-missing"],
    ["/", [""], "credentials-missing"],
    ["/", ["Basic dTpw"], "credentials-missing"],
    ["/", ["Bearer null"], "credentials-missing"],
    ["/", ["LACRE2-HMAC-SHA256 x"], "credentials-missing"],
    ["/", ["LACRE1"], "credentials-missing"],
    ["/", ["xLACRE1-HMAC-SHA256 x"], "credentials-missing"],
    ["/", ["LACRE1-HMAC-SHA256 x"], "lacre1"],
    ["/", ["lacre1-nonsense"], "lacre1"], // ours to refuse
    ["/", ["Other x"], "other"],
    ["/?other=", [], "other"],
    ["/?other=", ["LACRE1-HMAC-SHA256 x"], "credentials-repeated"],
    ["/", ["LACRE1-x", "LACRE1-x"], "credentials-repeated"],
    ["/", ["LACRE1-x", "Other x"], "credentials-repeated"],
    ["/", ["Basic x", "LACRE1-x"], "credentials-repeated"],
    ["/", ["", ""], "credentials-repeated"],
  ])("%s with Authorization %j: %s", (target, lines, verdict) => {
    expect(codeOf(requestOf(target, ...lines))).toBe(verdict);
  });

  it("lets only those compete that are asked for", () => {
    const both = requestOf("/?other=", "LACRE1-HMAC-SHA256 x");
    const all = [lacre1, other];
    expect(codeOf(both, all, ["lacre1"])).toBe("lacre1");
    expect(codeOf(both, all, ["other"])).toBe("other");
    expect(codeOf(both, all, ["lacre1", "other"])).toBe("credentials-repeated");
    expect(codeOf(requestOf("/?other="), all, ["lacre1"])).toBe("scheme-refused");
    expect(codeOf(requestOf("/", "LACRE1-x"), all, ["lacre"])).toBe("scheme-refused");
    expect(codeOf(requestOf("/", "LACRE1-x"), all, [])).toBe("scheme-refused");
    expect(codeOf(requestOf("/"), all, ["lacre1"])).toBe("credentials-missing");
    expect(codeOf(requestOf("/", "LACRE1-x", "Other x"), all, ["lacre1"])).toBe(
      "credentials-repeated",
    );
  });

  it("does not name a scheme that may have its credentials in the content, but where the route takes it", () => {
    const inside: Scheme = {
      ...other,
      name: "inside",
      header: { ...other.header, recognises: () => true, isInContent: true },
    };
    const all = [inside, lacre1, other];
    expect(codeOf(requestOf("/"), all, ["lacre1"])).toBe("credentials-missing");
    expect(codeOf(requestOf("/?other="), all, ["lacre1"])).toBe("scheme-refused");
    expect(codeOf(requestOf("/"), all, ["inside"])).toBe("inside");
    expect(codeOf(requestOf("/", "LACRE1-x"), all, ["lacre1", "inside"])).toBe(
      "credentials-repeated",
    );
  });

  it("knows no scheme that is not enabled", () => {
    expect(codeOf(requestOf("/", "LACRE1-HMAC-SHA256 x"), [other])).toBe("credentials-missing");
  });

  describe("what the log learns", () => {
    const refusalOf = (request: SignableRequest, names = ["lacre1"]): Refusal => {
      try {
        chooseScheme(request, [lacre1, other], names);
      } catch (error) {
        return error as Refusal;
      }
      throw new Error("not refused");
    };
    const SECRET = "hunter2";

    it.each<[string, string[], string]>([
      ["/", [], ""],
      ["/?x=1", [`Bearer ${SECRET}`], "the request has Authorization: Bearer, and "],
      [
        "/",
        [`AWS4-HMAC-SHA256 Credential=${SECRET}`],
        "the request has Authorization: AWS4-HMAC-SHA256, and ",
      ],
      ["/", [`Bearer   ${SECRET}`], "the request has Authorization: Bearer, and "],
      // A word that may be the secret itself is not shown.
      ["/", [SECRET], "the request has an Authorization line without a scheme, and "],
      ["/", ["Bearer"], "the request has an Authorization line without a scheme, and "],
      ["/", [`${SECRET}:x y`], "the request has an Authorization line without a scheme, and "],
      [
        "/",
        [`${SECRET.repeat(4)} x`],
        "the request has an Authorization line without a scheme, and ",
      ],
      ["/", [`lk1_${SECRET} x`], "the request has an Authorization line without a scheme, and "],
      ["/", ["Bea\u001b[31mrer x"], "the request has an Authorization line without a scheme, and "],
      ["/", [`é ${SECRET}`], "the request has an Authorization line without a scheme, and "],
      ["/", [""], "the request has an Authorization line without a scheme, and "],
      [
        `/?a=1&X-Amz-Signature=${SECRET}`,
        [],
        "the request has the parameter X-Amz-Signature, and ",
      ],
    ])("of %s with Authorization %j", (target, lines, seen) => {
      const refusal = refusalOf(requestOf(target, ...lines), ["lacre1", "other"]);
      expect(refusal.progress()).toEqual({ note: `${seen}the route takes lacre1, other` });
      // What callers may be told stays as short as it was.
      expect(refusal.message).toBe("credentials-missing");
      expect(JSON.stringify(refusal.progress())).not.toContain(SECRET);
    });

    it("names the header of a webhook that nobody reads", () => {
      const headers = HeaderLines.fromEntries([
        ["Host", "a.test"],
        ["X-Hub-Signature-256", SECRET],
      ]);
      expect(refusalOf({ ...requestOf("/"), headers }).progress().note).toBe(
        "the request has the header x-hub-signature-256, and the route takes lacre1",
      );
    });

    it("names where a format of the route has its credentials", () => {
      const place = "header x-acme-signature";
      const acme: Scheme = { ...other, name: "acme", header: { ...other.header, place } };
      expect(() => chooseScheme(requestOf("/"), [lacre1, acme], ["lacre1", "acme"])).toThrow(
        expect.objectContaining({ code: "credentials-missing" }),
      );
      try {
        chooseScheme(requestOf("/"), [lacre1, acme], ["lacre1", "acme"]);
      } catch (error) {
        expect((error as Refusal).progress().note).toBe(`the route takes lacre1, acme (${place})`);
      }
    });

    it("names what the route takes in place of a scheme that others take", () => {
      const refusal = refusalOf(requestOf("/", "Other x"));
      expect(refusal.message).toBe("scheme-refused: other");
      expect(refusal.progress().note).toBe("the route takes lacre1");
    });
  });
});
