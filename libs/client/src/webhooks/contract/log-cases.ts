import { strict as assert } from "node:assert";
import { MOST_KEPT_ATTEMPTS, WebhookQueueFullError } from "../webhook-queue.js";
import {
  ATTEMPT,
  endAll,
  idsOf,
  newDelivery,
  queueCase,
  takeAll,
  takeOne,
  type MakeQueue,
  type QueueCase,
} from "./queue-under-test.js";

const DAY_MS = 86_400_000;

/** What is known of deliveries and endpoints, and what is sent again. */
export function logCases(make: MakeQueue): QueueCase[] {
  return [
    queueCase(make, "keeps the last attempts, the oldest first", async ({ queue }) => {
      await queue.add(newDelivery());
      const most = MOST_KEPT_ATTEMPTS + 2;
      for (let i = 0; i < most; i++) {
        const attempt = {
          ...ATTEMPT,
          atMs: i,
          ...(i === most - 1 && { answer: null, status: null }),
        };
        await queue.settle(await takeOne(queue), { attempt, state: "waiting", retryInMs: 0 });
      }
      const { log, attempts } = (await queue.find((await takeOne(queue)).id)) ?? { log: [] };
      assert.equal(attempts, most + 1);
      assert.deepEqual(
        log.map(({ atMs }) => atMs),
        Array.from({ length: MOST_KEPT_ATTEMPTS }, (_, i) => i + 2),
      );
      assert.deepEqual(log[0], { ...ATTEMPT, atMs: 2 });
    }),
    queueCase(make, "pages through deliveries, the newest first", async ({ queue, letPass }) => {
      const order: string[] = [];
      for (let i = 0; i < 6; i++) {
        const delivery = newDelivery({ endpointId: i === 2 ? "other" : "acme" });
        await queue.add(delivery);
        if (i !== 2) order.unshift(delivery.id);
        if (i % 2 === 0) await letPass(10);
      }
      const page = await queue.list({ endpointId: "acme", limit: 3 });
      const rest = await queue.list({ endpointId: "acme", limit: 3, after: page[2] });
      assert.deepEqual([page.length, rest.length], [3, 2]);
      assert.deepEqual(idsOf([...page, ...rest]), order.toSorted());
      assert.ok(
        page.every((one, i) => i === 0 || one.createdAtMs <= (page[i - 1]?.createdAtMs ?? 0)),
      );
      assert.equal((await queue.list({ limit: 100 })).length, 6);
      assert.equal((await queue.list({ limit: 100, state: "failed" })).length, 0);
      assert.equal(await queue.find("whd_none"), undefined);
    }),
    queueCase(
      make,
      "sends one again that has ended, with all that is known of it",
      async (under) => {
        const { queue } = under;
        const { id } = await queue.add(newDelivery());
        assert.equal(await queue.replay(id), false);
        await endAll(queue, "delivered");
        assert.equal(await queue.replay(id), true);
        assert.equal(await queue.replay(id), false);
        assert.equal(await queue.replay("whd_none"), false);
        const taken = await takeOne(queue);
        assert.deepEqual([taken.id, taken.attempt], [id, 1]);
        const { log, endedAtMs } = (await queue.find(id)) ?? {};
        assert.deepEqual([log, endedAtMs], [[ATTEMPT], null]);
      },
    ),
    queueCase(make, "sends again what failed since, and nothing else", async (under) => {
      const { queue, letPass } = under;
      await queue.add(newDelivery());
      await endAll(queue, "failed"); // too long ago
      await letPass(1000);
      const [acme, delivered, other] = [
        newDelivery(),
        newDelivery(),
        newDelivery({ endpointId: "other" }),
      ];
      await queue.add(delivered);
      await endAll(queue, "delivered");
      for (const each of [acme, other]) await queue.add(each);
      await endAll(queue, "failed");
      const sinceMs = (await queue.find(acme.id))?.endedAtMs ?? NaN;
      assert.equal(await queue.replayFailed({ sinceMs: sinceMs + 60_000 }), 0);
      assert.equal(await queue.replayFailed({ endpointId: "acme", sinceMs }), 1);
      assert.deepEqual(idsOf(await takeAll(queue)), [acme.id]);
      assert.equal(await queue.replayFailed({ sinceMs }), 1);
      assert.deepEqual(idsOf(await takeAll(queue)), [other.id]);
    }),
    queueCase(make, "knows for how long an endpoint has failed", async ({ queue, letPass }) => {
      await queue.add(newDelivery());
      const settle = async (state: "waiting" | "delivered") =>
        queue.settle(await takeOne(queue), { attempt: ATTEMPT, state, retryInMs: 0 });
      assert.ok((await settle("waiting")).failingForMs < 1000);
      assert.equal(typeof (await queue.endpoint("acme")).failingSinceMs, "number");
      await letPass(DAY_MS);
      const { failingForMs } = await settle("waiting");
      assert.ok(failingForMs >= DAY_MS && failingForMs < DAY_MS + 60_000);
      assert.equal((await settle("delivered")).failingForMs, 0);
      assert.deepEqual(await queue.endpoint("acme"), WELL);
      await queue.add(newDelivery());
      assert.ok((await settle("waiting")).failingForMs < 1000);
    }),
    queueCase(make, "holds against no endpoint what was not sent", async ({ queue, letPass }) => {
      await queue.add(newDelivery());
      const settle = async (isUnsent: boolean) =>
        queue.settle(await takeOne(queue), {
          ...{ attempt: ATTEMPT, state: "waiting", retryInMs: 0 },
          ...(isUnsent && { isUnsent }),
        });
      assert.deepEqual(await settle(true), { isKept: true, failingForMs: 0 });
      assert.deepEqual(await queue.endpoint("acme"), WELL);
      await settle(false);
      const standing = await queue.endpoint("acme");
      await letPass(DAY_MS);
      assert.deepEqual(await settle(true), { isKept: true, failingForMs: 0 });
      const [delivery] = await queue.list({ limit: 1 });
      assert.equal(delivery?.log.length, 3);
      const { failingSinceMs } = await queue.endpoint("acme");
      assert.equal(failingSinceMs === null, standing.failingSinceMs === null);
      assert.ok((await settle(false)).failingForMs >= DAY_MS);
    }),
    queueCase(make, "takes nothing of a paused endpoint until it is resumed", async ({ queue }) => {
      assert.deepEqual(await queue.endpoint("acme"), WELL);
      assert.equal(await queue.resume("acme"), false);
      assert.equal(await queue.pause("acme", "It answered 410."), true);
      assert.equal(await queue.pause("acme", "again"), false);
      const other = newDelivery({ endpointId: "other" });
      for (const each of [newDelivery(), other]) await queue.add(each);
      assert.deepEqual(idsOf(await takeAll(queue)), [other.id]);
      const { reason, pausedAtMs } = await queue.endpoint("acme");
      assert.deepEqual([reason, typeof pausedAtMs], ["It answered 410.", "number"]);
      assert.equal(await queue.resume("acme"), true);
      assert.deepEqual(await queue.endpoint("acme"), WELL);
      assert.equal((await takeAll(queue)).length, 1);
    }),
    queueCase(make, "removes what ended long ago, and nothing that waits", async (under) => {
      const { queue, letPass } = under;
      const [waits, old, young] = [newDelivery(), newDelivery(), newDelivery()];
      await queue.add(old);
      await endAll(queue, "delivered");
      await queue.add(waits);
      const [held] = await takeAll(queue);
      if (held === undefined) throw new Error("one was due");
      await queue.settle(held, { attempt: ATTEMPT, state: "waiting", retryInMs: 10 * DAY_MS });
      await letPass(2 * DAY_MS);
      await queue.add(young);
      await endAll(queue, "failed");
      assert.equal(await queue.removeEnded(DAY_MS), 1);
      assert.equal(await queue.removeEnded(DAY_MS), 0);
      assert.deepEqual(idsOf(await queue.list({ limit: 100 })), idsOf([waits, young]));
    }),
  ];
}

const WELL = { failingSinceMs: null, pausedAtMs: null, reason: null };

/** A queue with a bound refuses, and forgets nothing that waits. */
export function fullnessCases(make: MakeQueue): QueueCase[] {
  return [
    queueCase(
      make,
      "when full: refuses what is new, and keeps what waits",
      async ({ queue }) => {
        const first = [newDelivery(), newDelivery()];
        for (const each of first) await queue.add(each);
        await assert.rejects(queue.add(newDelivery()), WebhookQueueFullError);
        // What is there already is no more.
        await queue.add(newDelivery({ messageId: first[0]?.messageId ?? "" }));
        await endAll(queue, "delivered");
        const late = newDelivery();
        await queue.add(late);
        assert.deepEqual(idsOf(await takeAll(queue)), [late.id]);
      },
      { capacity: 2 },
    ),
  ];
}
