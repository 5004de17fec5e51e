import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import {
  contentOf,
  MemoryKeyStore,
  MemoryNonceStore,
  Origins,
  readApps,
  receive,
  Refusal,
  ResponseSigner,
  Verifier,
  type AppDefinition,
  type Authentic,
  type RoutePolicy,
  type Scheme,
  type SignableRequest,
} from "@lacre/core";
import { TestClock } from "./app.js";
import { isOutOfWindow } from "./signing-server.js";

/** A server of nothing but Node and the core, which signs its answers. */
export interface BareServer {
  readonly url: string;
  readonly port: number;
  readonly clock: TestClock;
  /** `accepted`, or the code of each refusal, newest last. */
  readonly verdicts: string[];
  close(): Promise<void>;
}

export interface BareOptions {
  readonly schemes: readonly Scheme[];
  readonly apps: readonly AppDefinition[];
  readonly route?: Partial<RoutePolicy>;
  /** What a request that is let in is answered with; the bytes that it brought unless said otherwise. */
  readonly answer?: (content: Buffer) => { readonly type: string; readonly bytes: Buffer };
}

/** Starts one on a free port. */
export async function startBare(options: BareOptions): Promise<BareServer> {
  const { schemes, route } = options;
  const { answer = (bytes) => ({ type: "application/octet-stream", bytes }) } = options;
  const clock = new TestClock();
  const policy: RoutePolicy = {
    schemes: schemes.map(({ name }) => name),
    signedHeaders: [],
    scopes: [],
    stream: false,
    ...route,
  };
  const verifier = new Verifier({
    schemes,
    keys: new MemoryKeyStore(readApps(options.apps, schemes)),
    nonces: new MemoryNonceStore({ clock, fence: false }),
    window: { maxAgeSeconds: 300, futureSkewSeconds: 5, clockSpreadSeconds: 25 },
    clock,
    routes: [policy],
  });
  const signer = new ResponseSigner(schemes, clock);
  const front = { origins: Origins.of("*"), pathPrefix: "" };
  const verdicts: string[] = [];

  const server = createServer((request, response) => {
    void (async () => {
      const bytes = await contentIn(request);
      let head: SignableRequest | undefined;
      let authentic: Authentic | undefined;
      let status = 200;
      let content: Buffer = Buffer.from("refused");
      const headers: [string, string][] = [["Content-Type", "text/plain; charset=utf-8"]];
      try {
        head = receive(
          {
            method: request.method ?? "",
            target: request.url ?? "",
            rawHeaders: request.rawHeaders,
          },
          front,
        );
        const verification = verifier.begin(head, contentOf(bytes));
        authentic = await verification.authenticate(policy);
        await verification.admit(policy);
        verdicts.push("accepted");
        const answered = answer(bytes);
        headers[0] = ["Content-Type", answered.type];
        content = answered.bytes;
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        verdicts.push(error.code);
        status = error.status;
        headers.push(["WWW-Authenticate", challengeOf(schemes, error, authentic, clock)]);
        if (isOutOfWindow(error.code)) headers.push(["Lacre-Clock", "out-of-window"]);
      }
      const toSign = { status, headers, ...(request.method !== "HEAD" && { content }) };
      const signed =
        authentic === undefined
          ? signer.feign(head, toSign)
          : signer.canSign(authentic)
            ? signer.sign(authentic, toSign)
            : [];
      response.writeHead(status, [...headers, ...signed].flat());
      response.end(content);
    })();
  });
  server.listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    clock,
    verdicts,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function challengeOf(
  schemes: readonly Scheme[],
  { code }: Refusal,
  authentic: Authentic | undefined,
  clock: TestClock,
): string {
  const own = authentic?.scheme.challenge?.(code, authentic, Math.floor(clock.ms / 1000));
  return own ?? schemes.flatMap(({ challenges }) => challenges).join(", ");
}

async function contentIn(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
