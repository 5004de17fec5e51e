import { expect, it } from "@jest/globals";
import {
  contentOf,
  lacre1,
  MemoryKeyStore,
  MemoryNonceStore,
  Origins,
  readApps,
  receive,
  Verifier,
} from "@lacre/core";
import type { SignedFetch } from "@lacre/client";
import { DEMO_KEY } from "../support/app.js";
import {
  bundleForBrowsers,
  nodeModulesIn,
  runOnTheWeb,
  type Bundle,
  type BundleOptions,
} from "../support/browser-bundle.js";

type MakeFetch = (transmit: typeof fetch, options: object) => SignedFetch;

const ORIGIN = "https://api.example.test";

/** What holds of @lacre/client wherever a bundler finds it: in the sources, or installed. */
export function itIsForBrowsers(find: () => BundleOptions): void {
  const bundleOf = (door: string): Promise<Bundle> =>
    bundleForBrowsers(`export * from "${door}";`, find());

  it.each(["@lacre/client", "@lacre/client/fetch", "@lacre/client/swagger-ui"])(
    "%s needs nothing of Node",
    async (door) => {
      const bundle = await bundleOf(door);
      console.info(`${door}: ${bundle.code.length} bytes, minified`);
      expect(nodeModulesIn(bundle)).toEqual([]);
      const files = Object.keys(bundle.metafile.inputs).join("\n");
      expect(files).toContain("platform/web-signer.");
      expect(files).not.toMatch(/platform\/node\.|presigned\.|verify\./); // what no page has use for
      expect(bundle.code).not.toMatch(/\brequire\(|\beval\(|\bnew Function\b|\bBuffer\b/);
      expect(bundle.code.length).toBeLessThan(48 * 1024);
    },
  );

  it("would be told apart from one that needs Node", async () => {
    const conditions = [...(find().conditions ?? []), "node"];
    const bundle = await bundleForBrowsers('export * from "@lacre/client";', {
      ...find(),
      conditions,
      external: ["node:*", "crypto"],
    });
    expect(nodeModulesIn(bundle).join("\n")).toContain("crypto");
  });

  it.each(["sha256", "sha384", "sha512"] as const)(
    "signs with %s where there is nothing but the web's globals, and the verifier takes it",
    async (algorithm) => {
      const exported = runOnTheWeb(await bundleOf("@lacre/client")) as { signFetch: MakeFetch };
      const sent: { url: string; init: RequestInit }[] = [];
      const transmit = async (url: unknown, init: RequestInit = {}): Promise<Response> => {
        sent.push({ url: String(url), init });
        return new Response("ok");
      };
      const call = (apiKey: string): SignedFetch =>
        exported.signFetch(transmit as typeof fetch, { appId: "demo", apiKey, algorithm });
      const target = "/a//b/%2F?x=%20&y=a+b&x=&z";
      await call(DEMO_KEY)(ORIGIN + target);
      await call(DEMO_KEY)(`${ORIGIN}/orders`, { method: "POST", body: '{"item":"té"}' });
      await call(DEMO_KEY.replace("AAEC", "AAED"))(ORIGIN + target);

      const verifier = new Verifier({
        schemes: [lacre1],
        keys: new MemoryKeyStore(
          readApps([{ appId: "demo", apiKey: DEMO_KEY, algorithm }], [lacre1]),
        ),
        nonces: new MemoryNonceStore({ fence: false }),
        window: { maxAgeSeconds: 300, futureSkewSeconds: 5, clockSpreadSeconds: 25 },
      });
      const route = { schemes: ["lacre1"], signedHeaders: [], scopes: [], stream: false };
      const judged = sent.map(async ({ url, init }) => {
        const { host, pathname, search } = new URL(url);
        const headers = Object.entries(init.headers as Record<string, string>);
        const rawHeaders = [["Host", host] as [string, string], ...headers].flat();
        const head = receive(
          { method: init.method ?? "", target: pathname + search, rawHeaders },
          { origins: Origins.of([ORIGIN]), pathPrefix: "" },
        );
        const body = new Uint8Array(await new Response(init.body).arrayBuffer());
        return verifier.verify(head, contentOf(body), route).then(
          ({ appId }) => appId,
          (error: { code?: string }) => error.code,
        );
      });
      expect(await Promise.all(judged)).toEqual(["demo", "demo", "signature-mismatch"]);
    },
  );
}
