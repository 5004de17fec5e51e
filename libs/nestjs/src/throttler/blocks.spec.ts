import { afterEach, beforeEach, expect, it, jest } from "@jest/globals";
import { Blocks } from "./blocks.js";

const detail = (timeToBlockExpire: number) => ({
  limit: 1,
  ttl: 1,
  key: "key",
  tracker: "tracker",
  totalHits: 2,
  timeToExpire: 1,
  isBlocked: true,
  timeToBlockExpire,
});
const after = (ms: number): void => {
  jest.setSystemTime(Date.now() + ms);
};

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

it("knows a block until it ends, and what is left of it", () => {
  const blocks = new Blocks();
  expect([blocks.isEmpty, blocks.of("a")]).toEqual([true, undefined]);
  blocks.note("a", detail(3));
  after(1_001);
  expect([blocks.isEmpty, blocks.of("a")]).toEqual([false, detail(2)]);
  expect(blocks.of("b")).toBeUndefined();
  after(1_999);
  expect([blocks.of("a"), blocks.isEmpty]).toEqual([undefined, true]);
});

it("believes a long one for five seconds", () => {
  const blocks = new Blocks();
  blocks.note("a", detail(3_600));
  after(4_999);
  expect(blocks.of("a")).toEqual(detail(3_596));
  after(1);
  expect([blocks.isEmpty, blocks.of("a")]).toEqual([true, undefined]);
});

it("forgets the oldest where there are too many", () => {
  const blocks = new Blocks();
  for (let i = 0; i <= 10_000; i++) blocks.note(`${i}`, detail(60));
  expect(blocks.of("0")).toBeUndefined();
  expect([blocks.of("1"), blocks.of("10000")]).toEqual([detail(60), detail(60)]);
});
