import { afterEach, beforeEach, expect, it, jest } from "@jest/globals";
import { JudgedAtOnce, type Place } from "./judged-at-once.js";

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

/** Takes a place as soon as there is one. */
async function enter(judged: JudgedAtOnce, who: string, most: number): Promise<Place> {
  for (;;) {
    const place = judged.take(who, most);
    if (place !== undefined) return place;
    await judged.waitFor(who);
  }
}

it("has so many places for each, and hands them on in order", async () => {
  const judged = new JudgedAtOnce();
  const first = await enter(judged, "a", 2);
  await enter(judged, "a", 2);
  const order: number[] = [];
  const later = [1, 2, 3].map(async (n) => {
    const place = await enter(judged, "a", 2);
    order.push(n);
    judged.leave(place);
  });
  await enter(judged, "b", 2);
  await Promise.resolve();
  expect(order).toEqual([]);
  judged.leave(first);
  await Promise.all(later);
  expect(order).toEqual([1, 2, 3]);
});

it("makes room after a quarter of a second, also behind many", async () => {
  const judged = new JudgedAtOnce();
  let entered = 0;
  for (let i = 0; i < 7; i++) void enter(judged, "a", 2).then(() => (entered += 1));
  for (const expected of [2, 4, 6, 7]) {
    await jest.advanceTimersByTimeAsync(0);
    expect(entered).toBe(expected);
    await jest.advanceTimersByTimeAsync(251);
  }
});

it("keeps nothing of those that have left, and has no use for a place that is given back twice", async () => {
  const judged = new JudgedAtOnce();
  const place = await enter(judged, "a", 1);
  judged.leave(place);
  const next = await enter(judged, "a", 1);
  judged.leave(place);
  expect(judged.take("a", 1)).toBeUndefined();
  judged.leave(next);
  expect(jest.getTimerCount()).toBe(0);
});

it("forgets addresses of which nothing was heard again, before there are too many", async () => {
  const judged = new JudgedAtOnce();
  for (let i = 0; i < 10_000; i++) judged.take(`old ${i}`, 2);
  await jest.advanceTimersByTimeAsync(251);
  for (let i = 0; i < 10_000; i++) judged.leave(judged.take(`new ${i}`, 2) as Place);
  expect(judged.size).toBeLessThan(10_000);
  for (let i = 0; i < 20_000; i++) judged.take(`live ${i}`, 2);
  expect(judged.take("live 19999", 2)).toBeDefined();
  expect(judged.take("live 19999", 2)).toBeUndefined();
});
