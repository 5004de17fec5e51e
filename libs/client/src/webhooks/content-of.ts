import { types } from "node:util";

/**
 * What is sent of an event: text and bytes as they stand, all else as JSON.
 * @throws TypeError for what JSON has no form for; RangeError for more bytes
 */
export function contentOf(event: object | string, maxContentBytes: number): Uint8Array {
  const content = bytesOf(event);
  if (content.byteLength > maxContentBytes)
    throw new RangeError(`the message is longer than maxContentBytes, ${maxContentBytes}`);
  return content;
}

function bytesOf(event: object | string): Uint8Array {
  if (ArrayBuffer.isView(event))
    return new Uint8Array(event.buffer, event.byteOffset, event.byteLength);
  const written: string | undefined =
    typeof event === "string" ? event : JSON.stringify(event, refuseFormless);
  if (written === undefined)
    throw new TypeError("the event must be text, bytes, or what JSON has a form for");
  return Buffer.from(written);
}

/**
 * A replacer that replaces nothing. JSON writes `{}` or null for what it has no form for, and its receiver would get that.
 * What is undefined in an object is left out, as always.
 * @throws TypeError
 */
function refuseFormless(this: unknown, name: string, value: unknown): unknown {
  const what = formlessIn(this, name, value);
  if (what === undefined) return value;
  const place = name === "" ? "is" : `has, as ${JSON.stringify(name)},`;
  throw new TypeError(`the event ${place} ${what}: JSON has no form for it`);
}

function formlessIn(holder: unknown, name: string, value: unknown): string | undefined {
  switch (typeof value) {
    case "number":
      return Number.isFinite(value) ? undefined : `the number ${value}`;
    case "bigint":
      return "a bigint";
    case "function":
    case "symbol":
      return `a ${typeof value}`;
    case "undefined":
      return Array.isArray(holder) ? "undefined in a list" : undefined;
    case "object":
      return value === null ? invalidDateIn(holder, name) : formlessObject(value);
    case "string":
    case "boolean":
      return undefined;
  }
}

/** An invalid date is null by the time that a replacer sees it. */
function invalidDateIn(holder: unknown, name: string): string | undefined {
  const given = (holder as Readonly<Record<string, unknown>>)[name];
  return types.isDate(given) ? "an invalid date" : undefined;
}

const FORMLESS: readonly (readonly [is: (value: object) => boolean, what: string])[] = [
  [types.isPromise, "a Promise (is an await missing?)"],
  [types.isMap, "a Map"],
  [types.isSet, "a Set"],
  [types.isWeakMap, "a WeakMap"],
  [types.isWeakSet, "a WeakSet"],
  [types.isNativeError, "an Error"],
  [types.isRegExp, "a RegExp"],
  [types.isAnyArrayBuffer, "an ArrayBuffer"],
  [types.isArrayBufferView, "bytes within it"],
];

/** What has its content elsewhere than in properties. With a `toJSON` it never comes here. */
const formlessObject = (value: object): string | undefined =>
  FORMLESS.find(([is]) => is(value))?.[1];
