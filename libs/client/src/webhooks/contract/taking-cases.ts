import { strict as assert } from "node:assert";
import {
  ATTEMPT,
  idsOf,
  LEASE_MS,
  newDelivery,
  queueCase,
  takeAll,
  takeOne,
  type MakeQueue,
  type QueueCase,
} from "./queue-under-test.js";

const ODD = ["🦭 é", "'); drop table x; --", "__proto__", "a\nb", " ", "%_*", "x".repeat(128)];

/** What is added is taken as it is, by one at a time, until it has ended. */
export function takingCases(make: MakeQueue): QueueCase[] {
  return [
    queueCase(make, "gives what was added as it was, at once", async ({ queue }) => {
      const bytes = Uint8Array.from({ length: 256 }, (_, i) => i);
      const delivery = newDelivery({ content: bytes, contentType: "application/octet-stream" });
      const added = await queue.add(delivery);
      assert.deepEqual(
        [added.state, added.attempts, added.log, added.endedAtMs],
        ["waiting", 0, [], null],
      );
      const { lease, content, ...taken } = await takeOne(queue);
      const { content: _given, ...given } = delivery;
      assert.deepEqual(taken, { ...given, attempt: 1 });
      assert.deepEqual(Buffer.from(content), Buffer.from(bytes));
      assert.equal(typeof lease, "string");
    }),
    queueCase(make, "keeps odd names apart, and empty content", async ({ queue }) => {
      for (const endpointId of ODD)
        for (const messageId of ODD)
          await queue.add(newDelivery({ endpointId, messageId, content: Buffer.alloc(0) }));
      const taken = await takeAll(queue);
      const pairs = new Set(taken.map((one) => JSON.stringify([one.endpointId, one.messageId])));
      assert.equal(pairs.size, ODD.length ** 2);
      assert.ok(taken.every(({ content }) => content.byteLength === 0));
    }),
    queueCase(make, "adds a message once to each endpoint, ended or not", async ({ queue }) => {
      const first = newDelivery();
      const again = newDelivery({ messageId: first.messageId });
      await queue.add(first);
      assert.equal((await queue.add(again)).id, first.id);
      const other = newDelivery({ messageId: first.messageId, endpointId: "other" });
      assert.equal((await queue.add(other)).id, other.id);
      assert.deepEqual(idsOf(await takeAll(queue)), idsOf([first, other]));
      assert.equal((await queue.add(again)).id, first.id);
    }),
    queueCase(
      make,
      "adds a message once of many that come at the same moment",
      async ({ queue }) => {
        const { messageId } = newDelivery();
        const all = await Promise.all(
          Array.from({ length: 20 }, () => queue.add(newDelivery({ messageId }))),
        );
        assert.equal(new Set(idsOf(all)).size, 1);
      },
    ),
    queueCase(make, "takes the longest due first, and no more than asked", async (under) => {
      const { queue, letPass } = under;
      const order: string[] = [];
      for (const _ of "abcd") {
        const delivery = newDelivery();
        await queue.add(delivery);
        order.push(delivery.id);
        await letPass(10);
      }
      const taken = [...(await takeAll(queue, 1)), ...(await takeAll(queue, 2))];
      assert.deepEqual(
        taken.map(({ id }) => id),
        order.slice(0, 3),
      );
    }),
    queueCase(make, "lets a few to one endpoint hold up no other", async ({ queue, letPass }) => {
      for (let i = 0; i < 8; i++) await queue.add(newDelivery());
      await letPass(10);
      const other = newDelivery({ endpointId: "other" });
      await queue.add(other);
      const taken = await takeAll(queue, 5, 3);
      assert.deepEqual([taken.length, taken.at(-1)?.id], [4, other.id]);
      assert.equal((await takeAll(queue, 5, 3)).length, 0);
    }),
    queueCase(make, "gives nobody what another holds, until its lease ends", async (under) => {
      const { queue, letPass } = under;
      await queue.add(newDelivery());
      const held = await takeOne(queue);
      await letPass(LEASE_MS - 5000);
      assert.deepEqual(await takeAll(queue), []);
      await letPass(6000);
      const taken = await takeOne(queue);
      assert.deepEqual([taken.id, taken.attempt], [held.id, 2]);
      // The one that was late says nothing any more.
      const late = await queue.settle(held, { attempt: ATTEMPT, state: "delivered" });
      assert.deepEqual(late, { isKept: false, failingForMs: 0 });
      assert.equal((await queue.find(held.id))?.state, "waiting");
      assert.equal((await queue.settle(taken, { attempt: ATTEMPT, state: "failed" })).isKept, true);
      assert.deepEqual((await queue.find(held.id))?.log, [ATTEMPT]);
    }),
    queueCase(make, "tells a taking from one of an earlier run", async ({ queue, letPass }) => {
      await queue.add(newDelivery());
      const held = await takeOne(queue);
      await letPass(LEASE_MS + 1000);
      await queue.settle(await takeOne(queue), { attempt: ATTEMPT, state: "failed" });
      await queue.replay(held.id);
      assert.equal((await takeOne(queue)).attempt, held.attempt);
      const late = await queue.settle(held, { attempt: ATTEMPT, state: "delivered" });
      assert.equal(late.isKept, false);
    }),
    queueCase(make, "gives what waits when its time has come", async ({ queue, letPass }) => {
      await queue.add(newDelivery());
      const taken = await takeOne(queue);
      await queue.settle(taken, { attempt: ATTEMPT, state: "waiting", retryInMs: 300_000 });
      const { dueAtMs, createdAtMs = NaN } = (await queue.find(taken.id)) ?? {};
      assert.ok((dueAtMs ?? 0) - createdAtMs >= 300_000);
      await letPass(290_000);
      assert.deepEqual(await takeAll(queue), []);
      await letPass(11_000);
      assert.equal((await takeOne(queue)).attempt, 2);
    }),
    queueCase(make, "gives what has ended to nobody", async ({ queue, letPass }) => {
      await queue.add(newDelivery());
      await queue.add(newDelivery());
      const [one, other] = await takeAll(queue);
      if (one === undefined || other === undefined) throw new Error("two were due");
      await queue.settle(one, { attempt: ATTEMPT, state: "delivered" });
      await queue.settle(other, { attempt: ATTEMPT, state: "failed" });
      await letPass(LEASE_MS + 1000);
      assert.deepEqual(await takeAll(queue), []);
      assert.deepEqual([(await queue.find(one.id))?.state], ["delivered"]);
      assert.equal((await queue.find(one.id))?.dueAtMs, null);
    }),
  ];
}

/** Several processes share the deliveries. */
export function sharedCases(make: MakeQueue): QueueCase[] {
  return [
    queueCase(make, "gives each delivery to one of several that take at once", async (under) => {
      const queues = [under.queue, await another(under), await another(under)];
      for (let i = 0; i < 60; i++) await under.queue.add(newDelivery({ endpointId: `e${i % 7}` }));
      const taken = [];
      for (;;) {
        const round = await Promise.all(queues.map((queue) => takeAll(queue, 5)));
        taken.push(...round.flat());
        if (round.flat().length === 0) break;
      }
      assert.equal(taken.length, 60);
      assert.equal(new Set(idsOf(taken)).size, 60);
    }),
    queueCase(make, "has one standing of an endpoint for all", async (under) => {
      const { queue } = under;
      const other = await another(under);
      await queue.add(newDelivery());
      assert.equal(await other.pause("acme", "gone"), true);
      assert.equal(await queue.pause("acme", "gone"), false);
      assert.deepEqual(await takeAll(queue), []);
      assert.equal(await queue.resume("acme"), true);
      assert.equal((await takeAll(other)).length, 1);
    }),
  ];
}

async function another({ another: make }: { another?: () => Promise<unknown> }) {
  if (make === undefined) throw new Error("a shared queue needs `another`");
  return (await make()) as Awaited<ReturnType<MakeQueue>>["queue"];
}
