import { type HeaderLines, Refusal } from "@lacre/core/scheme";

/*
 * The `x-ms-` headers, which the texts for blobs, queues and files hold in an order of their own.
 */

const BLANKS = /  /;
const PREFIX = "x-ms-";

/** The service takes 8 KB of metadata; each header costs, here and where they are sorted. */
const MAX_STORAGE_HEADERS = 256;

/** All `x-ms-` headers in the order in which they are signed. */
export const storageHeaders = (headers: HeaderLines): readonly string[] =>
  headers.readOnce(readStorageHeaders);

/**
 * @throws Refusal `signed-headers-malformed` for more than 256, `header-ambiguous` for one that is such only to those
 *   who read `_` as `-`, `header-malformed` for a value with two texts
 */
function readStorageHeaders(headers: HeaderLines): readonly string[] {
  const names = [...headers.names()].filter((name) => name.replaceAll("_", "-").startsWith(PREFIX));
  if (names.length > MAX_STORAGE_HEADERS)
    throw new Refusal("signed-headers-malformed", `more than ${MAX_STORAGE_HEADERS} x-ms- headers`);
  const twin = names.find((name) => !name.startsWith(PREFIX));
  if (twin !== undefined) throw new Refusal("header-ambiguous", twin);
  // Blanks are folded by some and kept by others, so a value with two of them would have two texts.
  const blank = names.find((name) => headers.all(name).some((value) => BLANKS.test(value)));
  if (blank !== undefined)
    throw new Refusal("header-malformed", `${blank} has two blanks in a row`);
  return names
    .map((name) => [sortKey(name), name.replaceAll("-", "~"), name] as const)
    .sort(compareKeys)
    .map(([, , name]) => name);
}

/** As the service orders them: by words, in which hyphens count only where all else is equal, and `_` is before digits. */
const sortKey = (name: string): string => name.replaceAll("-", "").replaceAll("_", "!");

type SortKeys = readonly [first: string, second: string, name: string];

function compareKeys([a, x]: SortKeys, [b, y]: SortKeys): number {
  if (a !== b) return a < b ? -1 : 1;
  return x < y ? -1 : 1;
}

export const storageLines = (headers: HeaderLines): string =>
  storageHeaders(headers)
    .map((name) => `${name}:${headers.only(name) ?? ""}\n`)
    .join("");
