import { formOf, Origins, receive, Refusal, Signer, type UnreadResponse } from "@lacre/core";
import type { ReadCredentials } from "./credentials.js";
import { UsageError } from "./exit.js";
import { explanationOf } from "./explanations.js";
import type { WrittenUrl } from "./http/written-url.js";
import type { Io } from "./io.js";

/** A request as it will be sent. */
export interface DescribedRequest {
  readonly method: string;
  readonly url: WrittenUrl;
  readonly headers: readonly (readonly [string, string])[];
  readonly content?: Uint8Array | { readonly sha256: Uint8Array };
}

/** The headers to add, and the text that was signed. */
export interface Signed extends Pick<ReturnType<Signer["sign"]>, "headers" | "canonicalRequest"> {
  /** Whether the scheme signs answers at all. */
  readonly hasAnswers: boolean;
  /**
   * Checks the answer to this very request.
   * @throws ResponseRefusal
   */
  check(response: UnreadResponse): Promise<unknown>;
}

/**
 * Signs a request, and makes sure that a server would take what comes out.
 * @throws UsageError for a request that no server would accept
 */
export function signRequest(
  request: DescribedRequest,
  credentials: ReadCredentials,
  { clock }: Io,
): Signed {
  const { appId, apiKeys, encoding, algorithm, scheme, signedHeaders } = credentials;
  const apiKey = apiKeys[0];
  const signer = new Signer({ appId, apiKey, encoding, algorithm, scheme, signedHeaders, clock });
  const { method, url, content } = request;
  const hosts = request.headers.filter(([name]) => name.toLowerCase() === "host");
  const headers: (readonly [string, string])[] =
    hosts.length === 0 ? [["host", url.host], ...request.headers] : [...request.headers];
  refuseOddNames(headers);
  try {
    const signed = signer.sign({
      method,
      url: `${url.scheme}://${url.host}`,
      target: url.target,
      headers,
      content,
    });
    refuseSetTwice(headers, signed);
    const received = receive(
      {
        method,
        target: url.target,
        rawHeaders: [...headers, ...signed.headers].flat(),
        secure: url.scheme === "https",
      },
      { origins: Origins.of("*"), pathPrefix: "" },
    );
    formOf(scheme, received)?.read(received);
    const { headers: added, canonicalRequest } = signed;
    return {
      headers: added,
      canonicalRequest,
      hasAnswers: signer.responseField !== undefined,
      check: (response) => signer.check(signed, response),
    };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    throw new UsageError(
      `Not signed, as a server would refuse it (${error.message}): ${explanationOf(error.code, scheme)}`,
    );
  }
}

function refuseOddNames(headers: DescribedRequest["headers"]): void {
  // docs/protocol.md, section 4: some servers drop such a field, others read `_` as `-`.
  const odd = headers.find(([name]) => !/^[a-z][a-z0-9-]*$/i.test(name));
  if (odd !== undefined)
    throw new UsageError(
      `The header ${odd[0]} cannot be signed: its name may hold letters, digits and - alone. Rename it.`,
    );
}

function refuseSetTwice(
  headers: DescribedRequest["headers"],
  signed: Pick<Signed, "headers">,
): void {
  for (const [name] of headers)
    if (signed.headers.some(([set]) => set === name.toLowerCase()))
      throw new UsageError(
        `Leave out the header ${name}: signing sets it, and twice it would be refused.`,
      );
}
