import { Signer, type SignerOptions } from "@lacre/core";

/** A `fetch` whose every request is signed. */
export type SignedFetch = (url: string | URL, init?: RequestInit) => Promise<Response>;

/**
 * Makes a `fetch` that signs what goes on the wire: the method, the URL in its final form, the headers given,
 * and the bytes of the content. Follows no redirect by itself.
 *
 * @example
 * const call = signedFetch({ appId: "orders", apiKey: process.env.LACRE_API_KEY });
 * await call("https://api.example.com/v1/orders", { method: "POST", body: JSON.stringify({ n: 1 }) });
 * @throws ConfigurationError for an AppId or a key that will not do
 */
export function signedFetch(options: SignerOptions, send: typeof fetch = fetch): SignedFetch {
  const signer = new Signer(options);
  return async (input, init = {}) => {
    const url = new URL(input);
    const method = (init.method ?? "GET").toUpperCase(); // fetch would send "patch" as it is written
    // Request turns strings, forms and blobs into the bytes and the Content-Type that fetch would send.
    const draft = new Request(url, {
      ...init,
      method,
      ...(init.body ? { duplex: "half" } : {}),
    } as RequestInit);
    const content = init.body ? new Uint8Array(await draft.arrayBuffer()) : undefined;
    const headers = new Headers(draft.headers);
    const signed = signer.sign({ method, url, headers, ...(content && { content }) });
    for (const [name, value] of signed.headers) headers.set(name, value);
    return send(url, {
      ...init,
      method,
      headers,
      redirect: "manual",
      ...(content ? { body: content } : {}),
    });
  };
}
