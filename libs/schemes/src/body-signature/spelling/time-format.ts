/** How a sender writes the time of signing. */
export type TimeFormat = "seconds" | "milliseconds" | "unix" | "iso";

/** One way to write a time: anchored, one spelling for each time that a sender can mean. */
interface TimeSpelling {
  /** What it must be, in words. */
  readonly words: string;
  /** Whole seconds since 1970; undefined for what is no such time. */
  readonly parse: (text: string) => number | undefined;
  readonly write: (seconds: number) => string;
}

/** Digits of one length (until 2286), so that none can move from here into what stands beside, or back. */
const digits = (length: 10 | 13, words: string): TimeSpelling => {
  const pattern = new RegExp(`^[1-9][0-9]{${length - 1}}$`);
  const zeros = "0".repeat(length - 10);
  return {
    words,
    parse: (text) => (pattern.test(text) ? Number(text.slice(0, 10)) : undefined),
    write: (seconds) => `${seconds}${zeros}`,
  };
};

/** RFC 3339 section 5.6: capitals, a fraction of up to nine digits, `Z` or an offset. */
const ISO =
  /^(\d{4}-\d\d-\d\dT(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d)(?:\.\d{1,9})?(?:Z|([+-])([01]\d|2[0-3]):([0-5]\d))$/;

/** A date that does not exist is no time: `Date.parse` makes the 3rd of March of the 31st of February. */
function parseIso(text: string): number | undefined {
  const [, local, sign, hours = "0", minutes = "0"] = ISO.exec(text) ?? [];
  if (local === undefined) return undefined;
  const ms = Date.parse(`${local}Z`);
  if (!(ms > 0) || new Date(ms).toISOString().slice(0, 19) !== local) return undefined;
  const offset = (Number(hours) * 60 + Number(minutes)) * (sign === "-" ? -60 : 60);
  const seconds = ms / 1000 - offset;
  return seconds > 0 ? seconds : undefined;
}

const SECONDS = digits(10, "ten digits of Unix seconds");
const MILLISECONDS = digits(13, "thirteen digits of Unix milliseconds");

/** Every way to write a time. */
export const TIME_SPELLINGS: Readonly<Record<TimeFormat, TimeSpelling>> = {
  seconds: SECONDS,
  milliseconds: MILLISECONDS,
  unix: {
    words: `${SECONDS.words}, or ${MILLISECONDS.words}`,
    parse: (text) => SECONDS.parse(text) ?? MILLISECONDS.parse(text),
    write: SECONDS.write,
  },
  iso: {
    words: "a time of RFC 3339, such as 2024-05-01T12:00:00.5Z",
    parse: parseIso,
    write: (seconds) => `${new Date(seconds * 1000).toISOString().slice(0, 19)}Z`,
  },
};
