// One scheme, one app, one moment: what the suites of schemes hold their cases against.
import {
  App,
  contentOf,
  MemoryKeyStore,
  MemoryNonceStore,
  Origins,
  readApps,
  receive,
  Refusal,
  Verifier,
} from "@lacre/core";

export class Bench {
  /** Of the last request whose MAC was right. */
  canonicalRequest;
  authentic;
  #front;
  #verifier;
  #route;

  constructor({ scheme, app, origin, nowSeconds, presignedSeconds = 0 }) {
    const clock = { nowMs: () => nowSeconds * 1000 };
    const apps = app instanceof App ? [app] : readApps([app], [scheme]);
    this.#front = { origins: Origins.of([origin]), pathPrefix: "" };
    this.#verifier = new Verifier({
      schemes: [scheme],
      keys: new MemoryKeyStore(apps),
      nonces: new MemoryNonceStore({ clock, fence: false }),
      window: { maxAgeSeconds: 300, futureSkewSeconds: 5, clockSpreadSeconds: 25 },
      clock,
    });
    this.#route = {
      schemes: [scheme.name],
      signedHeaders: [],
      scopes: [],
      presignedSeconds,
      stream: false,
    };
  }

  /** "accepted", or the code of the refusal. */
  async verdict({ method, target, headers, content }) {
    const bytes = contentOf(content);
    this.authentic = undefined;
    this.canonicalRequest = undefined;
    try {
      const request = receive({ method, target, rawHeaders: headers.flat() }, this.#front);
      const verification = this.#verifier.begin(request, bytes);
      this.authentic = await verification.authenticate(this.#route);
      this.canonicalRequest = this.authentic.canonicalRequest;
      await verification.admit(this.#route);
      return "accepted";
    } catch (error) {
      if (error instanceof Refusal) return error.code;
      throw error;
    }
  }
}
