// httpwg/structured-field-tests: each value parsed, and written anew in its canonical form.
import { readFileSync } from "node:fs";
// Inside the core: structured fields are a tool of its schemes, and none of its published names.
import {
  isInnerList,
  parseDictionary,
  parseItem,
  parseList,
  serialiseDictionary,
  serialiseList,
  serialiseMember,
} from "../../../libs/core/dist/http/structured-fields.js";

const KINDS = {
  dictionary: [parseDictionary, serialiseDictionary, (value) => pairs(value, valueOf)],
  list: [parseList, serialiseList, (value) => value.map(valueOf)],
  item: [parseItem, serialiseMember, (value) => valueOf(value)],
};

export function structuredFields(path, tally) {
  for (const test of JSON.parse(readFileSync(path, "utf8"))) {
    const [parse, serialise, shapeOf] = KINDS[test.header_type];
    const text = test.raw.join(", ");
    const parsed = parse(text, "as-sent");
    if (parsed === undefined) {
      tally.equal(`${test.name}: refused`, test.must_fail === true || test.can_fail === true, true);
      continue;
    }
    const shape = JSON.stringify(shapeOf(parsed));
    tally.equal(test.name, shape, test.must_fail ? "refused" : JSON.stringify(test.expected));
    const canonical = (test.canonical ?? test.raw).join(", ");
    tally.equal(`${test.name}: canonical`, serialise(parsed), canonical);
  }
}

const pairs = (map, shapeOf) => Array.from(map, ([key, value]) => [key, shapeOf(value)]);

/** As the suite writes it: the value, and its parameters as pairs. */
function valueOf(member) {
  const value = isInnerList(member) ? member.items.map(valueOf) : bareValueOf(member.item);
  return [value, pairs(member.parameters, bareValueOf)];
}

function bareValueOf({ type, value }) {
  if (type === "bytes") return { __type: "binary", value: base32(Buffer.from(value, "base64")) };
  return type === "token" || type === "date" ? { __type: type, value } : value;
}

/** RFC 4648 §6. */
function base32(bytes) {
  const bits = Array.from(bytes, (byte) => byte.toString(2).padStart(8, "0")).join("");
  const text = (bits.match(/.{1,5}/g) ?? [])
    .map((five) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[Number.parseInt(five.padEnd(5, "0"), 2)])
    .join("");
  return text.padEnd(Math.ceil(text.length / 8) * 8, "=");
}
