import {
  contentOf,
  MemoryKeyStore,
  MemoryNonceStore,
  Origins,
  readApps,
  receive,
  Refusal,
  Verifier,
  type App,
  type AppDefinition,
  type Authentic,
  type RoutePolicy,
  type Scheme,
} from "@lacre/core";
import { TestClock } from "./app.js";

/** A request as it arrives. */
export interface Arriving {
  readonly method: string;
  readonly target: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly content?: string | Uint8Array;
}

export interface JudgeOptions {
  readonly scheme: Scheme;
  readonly apps: readonly AppDefinition[] | readonly App[];
  readonly origins: readonly string[];
  readonly nowSeconds: number;
  readonly route?: Partial<RoutePolicy>;
}

/** A server with one scheme and one route, a nonce store of its own, and a clock that the test moves. */
export class Judge {
  readonly clock: TestClock;
  /** How far the last request came, where its MAC was right. */
  authentic: Authentic | undefined;
  readonly #verifier: Verifier;
  readonly #origins: Origins;
  readonly #route: RoutePolicy;

  constructor({ scheme, apps, origins, nowSeconds, route }: JudgeOptions) {
    this.clock = new TestClock(nowSeconds * 1000);
    const { clock } = this;
    this.#origins = Origins.of(origins);
    this.#route = {
      schemes: [scheme.name],
      signedHeaders: [],
      scopes: [],
      stream: false,
      ...route,
    };
    this.#verifier = new Verifier({
      schemes: [scheme],
      keys: new MemoryKeyStore(
        areRead(apps) ? apps : readApps(apps as readonly AppDefinition[], [scheme]),
      ),
      nonces: new MemoryNonceStore({ clock, fence: false }),
      window: { maxAgeSeconds: 300, futureSkewSeconds: 5, clockSpreadSeconds: 25 },
      clock,
      routes: [this.#route],
    });
  }

  /** `accepted`, or the code of the refusal. */
  async verdict({ method, target, headers, content = "" }: Arriving): Promise<string> {
    this.authentic = undefined;
    const bytes = contentOf(Buffer.from(content));
    try {
      const rawHeaders = headers.flat();
      const front = { origins: this.#origins, pathPrefix: "" };
      const request = receive({ method, target, rawHeaders }, front);
      const verification = this.#verifier.begin(request, bytes);
      this.authentic = await verification.authenticate(this.#route);
      await verification.admit(this.#route);
      return "accepted";
    } catch (error) {
      if (error instanceof Refusal) return error.code;
      throw error;
    }
  }
}

const areRead = (apps: readonly AppDefinition[] | readonly App[]): apps is readonly App[] =>
  typeof (apps[0] as Partial<App>).keysFor === "function";
