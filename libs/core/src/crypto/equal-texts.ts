import { timingSafeEqual } from "node:crypto";

// Two buffers for each length, written anew every time: allocating them would cost more than comparing.
const scratch = new Map<number, readonly [Buffer, Buffer]>();

/** Compares two MACs in US-ASCII in a time that depends on their length alone, which is no secret. */
export function areEqualMacs(expected: string, claimed: string): boolean {
  const { length } = expected;
  if (claimed.length !== length) return false;
  let pair = scratch.get(length);
  if (pair === undefined)
    scratch.set(length, (pair = [Buffer.alloc(length), Buffer.alloc(length)]));
  const [a, b] = pair;
  a.write(expected, "latin1");
  b.write(claimed, "latin1");
  return timingSafeEqual(a, b);
}

/** Whether one of these MACs is the expected one. Compares all of them, whichever is right. */
export function isOneOf(
  expected: string,
  claimed: string,
  others: readonly string[] = [],
): boolean {
  let isRight = areEqualMacs(expected, claimed);
  for (const other of others) isRight = areEqualMacs(expected, other) || isRight;
  return isRight;
}
