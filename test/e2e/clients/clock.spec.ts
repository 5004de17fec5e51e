import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { signFetch } from "@lacre/client";
import { lacre1, type Scheme } from "@lacre/core";
import { rfc9421 } from "@lacre/schemes/rfc9421";
import { DEMO_KEY, TestClock } from "../../support/app.js";
import { startBare, type BareServer } from "../../support/bare-server.js";

/*
 * docs/protocol.md section 11, "Setting the clock", in the schemes whose answers tell the time under their signature.
 */

const SCHEMES: readonly Scheme[] = [lacre1, rfc9421()];
const OFF = [
  [-600, "timestamp-too-old"],
  [600, "timestamp-too-new"],
] as const;

describe.each(SCHEMES)("signFetch by $name, with a wrong clock", (scheme) => {
  let server: BareServer;
  beforeAll(async () => {
    server = await startBare({
      schemes: [scheme],
      apps: [{ appId: "demo", apiKey: DEMO_KEY, schemes: [scheme.name] }],
    });
  });
  afterAll(() => server.close());
  beforeEach(() => void server.verdicts.splice(0));

  /** Posts with a clock that is so many seconds off. */
  const poster = (offSeconds: number, through: typeof fetch = fetch) => {
    const clock = new TestClock(server.clock.ms + offSeconds * 1000);
    const who = { appId: "demo", apiKey: DEMO_KEY, scheme, clock } as const;
    const call = signFetch(through, { ...who, verifyResponses: "require" });
    return () => call(server.url, { method: "POST", body: "x" });
  };

  /** Sends everything twice, and hands on the second answer. */
  const twice: typeof fetch = async (input, init) => {
    await (await fetch(input, init)).arrayBuffer();
    return fetch(input, init);
  };

  /** Changes the fields of every answer, and asserts that they are not what they were. */
  const changing =
    (change: (headers: Headers) => void, through: typeof fetch = fetch): typeof fetch =>
    async (input, init) => {
      const answer = await through(input, init);
      const headers = new Headers(answer.headers);
      change(headers);
      expect([...headers]).not.toEqual([...answer.headers]);
      return new Response(await answer.arrayBuffer(), { status: answer.status, headers });
    };

  it.each(OFF)("of %i s, sends a POST once more, and remembers", async (seconds, code) => {
    const post = poster(seconds);
    expect((await post()).status).toBe(200);
    expect(server.verdicts).toEqual([code, "accepted"]);
    expect((await post()).status).toBe(200);
    expect(server.verdicts).toEqual([code, "accepted", "accepted"]);
  });

  it.each([-250, -3, 3, 5])("of %i s, repeats nothing that a copy was before", async (seconds) => {
    const answer = await poster(seconds, twice)();
    expect([answer.status, answer.headers.get("lacre-clock")]).toEqual([401, null]);
    expect(server.verdicts).toEqual(["accepted", "nonce-seen"]);
  });

  it("does not believe that the clock was the reason where nobody signed it", async () => {
    const blaming = changing((headers) => headers.set("lacre-clock", "out-of-window"), twice);
    await expect(poster(-3, blaming)()).rejects.toMatchObject({ fault: "header-unsigned" });
    expect(server.verdicts).toEqual(["accepted", "nonce-seen"]);
  });

  it.each<[string, string, (headers: Headers) => void]>([
    ["taken away", "header-missing", (headers) => headers.delete("lacre-clock")],
    ["changed", "signature-mismatch", (headers) => headers.set("lacre-clock", "in-window")],
    ["doubled", "signature-mismatch", (headers) => headers.append("lacre-clock", "out-of-window")],
    ["given a twin", "header-ambiguous", (headers) => headers.set("lacre_clock", "x")],
  ])("does not believe an answer whose reason was %s", async (_what, fault, change) => {
    const changed = poster(-600, changing(change))();
    await expect(changed).rejects.toMatchObject({ fault });
    expect(server.verdicts).toEqual(["timestamp-too-old"]);
  });
});
