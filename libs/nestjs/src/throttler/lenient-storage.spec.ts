import { afterEach, beforeEach, expect, it, jest } from "@jest/globals";
import { Logger } from "@nestjs/common";
import { LenientStorage } from "./lenient-storage.js";

const COUNTED = { totalHits: 2, timeToExpire: 1, isBlocked: true, timeToBlockExpire: 9 };
const NOT_COUNTED = { totalHits: 0, timeToExpire: 0, isBlocked: false, timeToBlockExpire: 0 };

beforeEach(() => void jest.useFakeTimers({ now: 0 }));
afterEach(() => {
  jest.useRealTimers();
  jest.restoreAllMocks();
});

it("limits nobody during an outage, asks once a second, and says both ends of it", async () => {
  const said: unknown[] = [];
  jest.spyOn(Logger.prototype, "error").mockImplementation((line) => void said.push(line));
  jest.spyOn(Logger.prototype, "log").mockImplementation((line) => void said.push(line));
  let asked = 0;
  let isDown = true;
  const storage = new LenientStorage({
    increment: async () => {
      asked += 1;
      if (isDown) throw new Error("no connection to redis://user:pa55@host");
      return COUNTED;
    },
  });
  const count = () => storage.increment("key", 1, 1, 1, "default");
  for (let i = 0; i < 5; i++) expect(await count()).toEqual(NOT_COUNTED);
  expect(asked).toBe(1);
  jest.setSystemTime(1_000);
  for (let i = 0; i < 5; i++) expect(await count()).toEqual(NOT_COUNTED);
  expect(asked).toBe(2);
  isDown = false;
  jest.setSystemTime(2_000);
  for (let i = 0; i < 5; i++) expect(await count()).toEqual(COUNTED);
  expect(said).toHaveLength(2);
  expect(said[0]).toMatch(/^the storage of the limits fails, and no request is limited/);
  expect(said[0]).not.toContain("pa55");
  expect(said[1]).toBe("the storage of the limits works again");
});

it("waits for no answer longer than a quarter of a second", async () => {
  jest.spyOn(Logger.prototype, "error").mockImplementation(() => undefined);
  const storage = new LenientStorage({ increment: () => new Promise<never>(() => {}) });
  const counting = storage.increment("key", 1, 1, 1, "default");
  await jest.advanceTimersByTimeAsync(250);
  expect(await counting).toEqual(NOT_COUNTED);
});
