import { describe, expect, it } from "@jest/globals";
import { AWS_KEY } from "../../../../test/support/app.js";
import { Signer, type RequestToSign } from "@lacre/core";
import { awsSigV4 } from "./aws-sigv4.js";

const ORIGIN = "https://api.example.test";
const scheme = awsSigV4({ region: "eu-central-1", service: "orders" });
const signer = new Signer({ appId: "demo", apiKey: AWS_KEY, encoding: "text", scheme });

describe("the header form of SigV4", () => {
  const sign = (more: Partial<RequestToSign>) =>
    signer.sign({ method: "GET", url: `${ORIGIN}/orders`, ...more });

  // What no verifier takes is refused where it can still be mended.
  it.each<[string, Partial<RequestToSign>, string]>([
    [
      "a header on two lines",
      {
        headers: [
          ["x-amz-meta-a", "1"],
          ["x-amz-meta-a", "2"],
        ],
      },
      "header-repeated",
    ],
    [
      "a header outside the grammar of names",
      { headers: [["x-amz-meta_a", "2"]] },
      "signed-headers-malformed",
    ],
    ["a value outside US-ASCII", { headers: [["x-amz-meta-a", "é"]] }, "header-malformed"],
    ["a path with two spellings", { url: `${ORIGIN}/a//b` }, "target-malformed"],
    ["a query with two spellings", { url: `${ORIGIN}/a?b=c+d` }, "target-malformed"],
    [
      "what has credentials in its query",
      { url: `${ORIGIN}/a?X-Amz-Signature=b` },
      "credentials-repeated",
    ],
  ])("is not made for %s", (_name, more, code) => {
    expect(() => sign(more)).toThrow(code);
  });
});
