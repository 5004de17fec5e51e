import { createHmac } from "node:crypto";
import { expect, it } from "@jest/globals";
import { generateApiKey } from "@lacre/core";
import { Worker, type SignedRun } from "../cluster/cluster.mjs";
import { withStore } from "./servers.js";

/*
 * Two services that know nothing of each other share one store, as it is set up by default, and each has an app of the
 * same name. Who holds the key of one must not be able to use up the nonces of the other.
 */

/** Signed by hand, since a client chooses its nonces itself: docs/protocol.md. */
function signed(apiKey: string, nonce: string): SignedRun {
  const atMs = Date.now();
  const seconds = Math.floor(atMs / 1000);
  const [id, host, algorithm] = [nonce, "race.test", "LACRE1-HMAC-SHA256"];
  const target = `/run/${id}`;
  const text = [algorithm, "race", seconds, nonce, "GET", target, `host:${host}`, "", "host"];
  const mac = createHmac("sha256", Buffer.from(apiKey.slice("lk1_".length), "base64url"))
    .update(text.join("\n"))
    .digest("hex");
  const authorization = `${algorithm} Credential=race, Timestamp=${seconds}, Nonce=${nonce}, SignedHeaders=host, Signature=${mac}`;
  return { id, target, host, headers: { authorization }, atMs };
}

it.each(["redis", "postgres"] as const)("%s: a nonce is one service's alone", (store) =>
  withStore(store, async ({ url }) => {
    const keys = [generateApiKey(), generateApiKey()];
    const services = await Promise.all(
      keys.map((apiKey) => new Worker({ store, url, apiKey }).start()),
    );
    try {
      for (let i = 0; i < 10; i++) {
        const requests = keys.map((apiKey) => signed(apiKey, `nonce-of-both-services-${i}`));
        const send = async (): Promise<number[]> => {
          const statuses: number[] = [];
          for (const [place, request] of requests.entries())
            statuses.push((await (services[place] as Worker).send(request)).status);
          return statuses;
        };
        expect(await send()).toEqual([200, 200]);
        expect(await send()).toEqual([401, 401]); // each remembers its own
      }
    } finally {
      await Promise.all(services.map((service) => service.stop()));
    }
  }),
);
