import { expect, it } from "@jest/globals";
import { refuseBareGround } from "./bare-ground.js";

it("says on a page without https where there is Web Crypto", () => {
  const before = Object.getOwnPropertyDescriptor(globalThis, "isSecureContext");
  Object.defineProperty(globalThis, "isSecureContext", { value: false, configurable: true });
  try {
    expect(() => refuseBareGround("signAxios", ["URL", "crypto.none"])).toThrow(
      "signAxios: needs crypto.none, which this environment does not have. Browsers have it on https:// pages",
    );
    expect(() => refuseBareGround("signAxios", ["None", "crypto.none"])).toThrow(
      "signAxios: needs None, crypto.none, which this environment does not have. In jest-environment-jsdom",
    );
  } finally {
    if (before === undefined) Reflect.deleteProperty(globalThis, "isSecureContext");
    else Object.defineProperty(globalThis, "isSecureContext", before);
  }
});
