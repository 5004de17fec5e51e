import { EventEmitter } from "node:events";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { signUndici } from "@lacre/client/undici";
import { ConfigurationError } from "@lacre/core";
import { Agent, request, type Dispatcher } from "undici";
import { DEMO_KEY } from "../../support/app.js";
import { SigningServer } from "../../support/signing-server.js";

/*
 * Programs that mix versions of undici. The versions that are not installed here have stand-ins; the real ones are in
 * undici-versions.systems.ts.
 */

const APP = { appId: "demo", apiKey: DEMO_KEY };

/** As undici 8 composes: handlers come as they are given, also those of an older version. */
class AgentOf8 extends Agent {
  override compose(...interceptors: unknown[]): Dispatcher.ComposedDispatcher {
    const [intercept] = interceptors as [(dispatch: Dispatcher.Dispatch) => Dispatcher.Dispatch];
    const dispatch = intercept(this.dispatch.bind(this));
    return new Proxy(this, {
      get: (target, key) => (key === "dispatch" ? dispatch : Reflect.get(target, key)),
    }) as unknown as Dispatcher.ComposedDispatcher;
  }
}

describe("signUndici with parts of several versions", () => {
  let server: SigningServer;
  const agents: Dispatcher[] = [];
  const signed = (agent: Dispatcher): Dispatcher => {
    const dispatcher = signUndici(agent, APP);
    agents.push(dispatcher);
    return dispatcher;
  };
  beforeAll(async () => {
    server = await SigningServer.start();
  });
  afterAll(async () => {
    await Promise.all(agents.map((agent) => agent.destroy()));
    await server.close();
  });

  const get = (target: string) => ({ origin: server.url, path: target, method: "GET" }) as const;

  it.each<[string, () => object | undefined]>([
    ["undici 5: nothing to compose with", () => new (class Dispatcher extends EventEmitter {})()],
    ["Bun: an agent without methods", () => new (class Agent {})()],
    [
      "undici 6: its agents compose, and hand on handlers in the old form",
      () => Object.defineProperty(new Agent(), "interceptors", { value: undefined }),
    ],
    ["nothing", () => undefined],
  ])("refuses the dispatcher of %s", (_name, make) => {
    const given = make() as Dispatcher;
    expect(() => signUndici(given, APP)).toThrow(ConfigurationError);
    expect(() => signUndici(given, APP)).toThrow("version 7 or later");
  });

  it("tells a handler of the old form that it came to a dispatcher of the new one", async () => {
    const dispatcher = signed(new AgentOf8());
    const before = server.received.length;
    const told = await new Promise<Error>((resolve) => {
      const old = { onConnect() {}, onHeaders: () => true, onData: () => true, onComplete() {} };
      dispatcher.dispatch(get("/"), { ...old, onError: resolve } as Dispatcher.DispatchHandler);
    });
    expect(told).toBeInstanceOf(ConfigurationError);
    expect(told.message).toContain("another undici");
    expect(() => dispatcher.dispatch(get("/"), {})).toThrow("another undici");
    expect(server.received.length).toBe(before);
  });

  it("gives Node's own fetch an error over a dispatcher of undici 8", async () => {
    const init = { dispatcher: signed(new AgentOf8()) } as unknown as RequestInit;
    const error = await fetch(server.url, init).catch((reason: unknown) => reason);
    // Node wraps it. By its message: it comes from outside of this test.
    expect(((error as Error).cause as Error).message).toContain("another undici");
  });

  it("serves Node's own fetch over a dispatcher of undici 7, which translates", async () => {
    const init = { dispatcher: signed(new Agent()) } as unknown as RequestInit;
    const answer = await fetch(`${server.url}/by-node`, init);
    expect([answer.status, await answer.text()]).toEqual([200, "/by-node"]);
  });

  it.each(["onResponseStart", "onResponseData", "onResponseEnd"] as const)(
    "comes to the end of an answer for a handler without %s",
    async (absent) => {
      const dispatcher = signed(new Agent());
      const told: string[] = [];
      await new Promise<void>((resolve, reject) => {
        const handler: Dispatcher.DispatchHandler = {
          onRequestStart() {},
          onResponseStart: () => void told.push("onResponseStart"),
          onResponseData: () => void told.push("onResponseData"),
          onResponseEnd() {
            told.push("onResponseEnd");
            resolve();
          },
          onResponseError: (_controller, error) => reject(error),
        };
        delete handler[absent];
        dispatcher.dispatch(get("/whole"), handler);
        // Whoever is not told of the end sees it by the request after it.
        if (absent === "onResponseEnd")
          setTimeout(() => void request(server.url, { dispatcher }).then(() => resolve(), reject));
      });
      expect(told).not.toContain(absent);
      if (absent !== "onResponseEnd") expect(told.length).toBe(2);
    },
  );
});
