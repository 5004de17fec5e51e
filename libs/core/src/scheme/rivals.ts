import { HeaderLines } from "../http/header-lines.js";
import type { SignableRequest } from "../http/signable-request.js";
import type { UnsignedRequest } from "./draft.js";
import type { HeaderEntry } from "./response-scheme.js";
import { formOf, type Scheme } from "./scheme.js";

const PROBE: UnsignedRequest = {
  method: "POST",
  target: "/",
  host: "probe.test",
  authority: "probe.test",
  urlScheme: "https",
  headers: HeaderLines.fromRaw(["Content-Length", "0"]),
  contentSha256: undefined,
  signedHeaders: [],
};
const MOMENT = { timestampSeconds: 1_700_000_000, nonce: "00000000-0000-4000-8000-000000000000" };

/**
 * Two schemes of which one takes the other's requests for its own, so that side by side they refuse them all; undefined
 * where there are none.
 */
export function rivalsAmong(
  schemes: readonly Scheme[],
): readonly [one: Scheme, other: Scheme] | undefined {
  for (const one of schemes) {
    const request = sampleOf(one);
    const other = schemes.find((each) => each !== one && request && formOf(each, request));
    if (other !== undefined) return [one, other];
  }
  return undefined;
}

/** A request with credentials of a scheme; undefined where it makes none of so little. */
function sampleOf(scheme: Scheme): SignableRequest | undefined {
  const [algorithm = "sha256"] = scheme.keyAlgorithms;
  let entries: readonly HeaderEntry[];
  try {
    entries = scheme.header
      .write(PROBE, { appId: "probe", algorithm }, MOMENT)
      .signedWith("").headers;
  } catch {
    return undefined;
  }
  const headers = entries.reduce((lines, [name, value]) => lines.with(name, value), PROBE.headers);
  return { ...PROBE, headers };
}
