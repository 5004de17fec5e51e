import { afterEach, beforeEach, describe, expect, it, jest } from "@jest/globals";
import {
  type LogEntry,
  Refusal,
  REFUSAL_CODES,
  type RefusalCode,
  refusedVerdict,
  SafeLogger,
} from "@lacre/core";
import { RefusalLog } from "./refusal-log.js";

const OBSERVER = { observe: () => undefined };
const down = (n = 6379) => new Error(`connect ECONNREFUSED 127.0.0.1:${n}`);

/** The page of each code is the same wherever it is told: see "names the page of its code". */
const withoutPage = (text: string): string =>
  text.replace(/, see (?:lacre explain and )?@lacre\/core\/errors\.md#[a-z-]+(?=\))/, "");

let lines: string[] = [];
let entries: LogEntry[] = [];
const say = (level: string) => (entry: string | LogEntry) => {
  lines.push(`${level} ${withoutPage(String(entry))}`);
  entries.push(entry as LogEntry);
};
const log = new RefusalLog(new SafeLogger({ warn: say("warn"), error: say("error") }), {
  nowMs: () => Date.now(),
});

interface Told {
  appId?: string;
  cause?: unknown;
  note?: string;
  inDoubt?: boolean;
  path?: string;
}

let requests = 0;
function refuse(code: RefusalCode, { path = "/orders", ...progress }: Told = {}): void {
  const refusal = new Refusal(code, undefined, { appId: "demo", ...progress });
  const facts = { method: "GET", requestId: `r${++requests}`, durationMs: 1.23456, bytes: 7 };
  log.refused({ ...refusedVerdict(refusal, OBSERVER), ...facts }, path, refusal.cause);
}

beforeEach(() => {
  jest.useFakeTimers({ now: Date.UTC(2026, 7, 1, 10) });
  lines = [];
  entries = [];
  requests = 0;
});
afterEach(() => {
  log.flush();
  jest.useRealTimers();
});

describe("a refusal that is the caller's fault", () => {
  it.each(["signature-mismatch", "scope-insufficient", "content-too-large"] as const)(
    "has a line of its own each time: %s",
    (code) => {
      for (let i = 0; i < 3; i++) refuse(code);
      const { status } = new Refusal(code);
      expect(lines).toEqual(
        ["r1", "r2", "r3"].map(
          (id) => `warn refused ${status} ${code} (GET /orders, request ${id}, app demo)`,
        ),
      );
      jest.runAllTimers();
      expect(lines).toHaveLength(3);
    },
  );

  it("is told with what only the log may know", () => {
    refuse("key-unusable", { note: "made with the key 2026, which is revoked" });
    expect(lines).toEqual([
      "warn refused 401 key-unusable (GET /orders, request r1, app demo): made with the key 2026, which is revoked",
    ]);
  });
});

it.each(REFUSAL_CODES)("names the page of its code: %s", (code) => {
  const told: string[] = [];
  const sink = (entry: string | LogEntry) => void told.push(String(entry));
  const refusal = new Refusal(code, undefined, { cause: down() });
  const whole = new RefusalLog(new SafeLogger({ log: sink, warn: sink, error: sink }));
  const facts = { method: "GET", requestId: "r", durationMs: 1 };
  whole.refused({ ...refusedVerdict(refusal, OBSERVER), ...facts }, "/orders", refusal.cause);
  expect(told).toHaveLength(1);
  expect(told[0]).toContain(`@lacre/core/errors.md#${code})`);
  expect(told[0]?.includes("see lacre explain")).toBe(code === "signature-mismatch");
});

describe("for those who read JSON", () => {
  const said = () => JSON.parse(JSON.stringify(entries)) as object[];

  it("a refusal has fields, and its line is none of them", () => {
    refuse("key-unusable", { note: "made with the key 2026, which is revoked" });
    expect(said()).toEqual([
      {
        msg: "refused 401 key-unusable",
        code: "key-unusable",
        status: 401,
        method: "GET",
        path: "/orders",
        requestId: "r1",
        appId: "demo",
        durationMs: 1.235,
        bytes: 7,
        reason: "made with the key 2026, which is revoked",
        docs: "@lacre/core/errors.md#key-unusable",
      },
    ]);
  });

  it("a bug has its stack in a field, and a sum has its number", () => {
    for (let i = 0; i < 3; i++) refuse("verifier-failed", { cause: new TypeError("x is no y") });
    log.flush();
    expect(said()).toEqual([
      expect.objectContaining({
        msg: "refused 503 verifier-failed",
        reason: "x is no y",
        stack: expect.stringMatching(/^ +at .*refusal-log\.spec/),
      }),
      {
        msg: "refused 503 verifier-failed 2 more times",
        code: "verifier-failed",
        status: 503,
        reason: "x is no y",
        count: 2,
        apps: 1,
        since: "2026-08-01T10:00:00.000Z",
      },
    ]);
  });

  it("a stranger can put nothing into it but short texts without control characters", () => {
    const long = `x\n\u2028\u001b[2K${"y".repeat(1e5)}`;
    refuse("app-unknown", { path: long, appId: long, note: long });
    refuse("keys-unavailable", { path: long, appId: long, cause: new Error(long) });
    for (const entry of said())
      for (const text of Object.values(entry).filter((value) => typeof value === "string")) {
        expect(text).not.toMatch(/[\u0000-\u001f\u2028]/);
        expect(text.length).toBeLessThan(1100);
      }
  });
});

describe("refusals of an outage", () => {
  it("are one line, and one a second for as long as it lasts", () => {
    for (let second = 0; second < 3; second++) {
      for (let i = 0; i < 500; i++)
        refuse("nonces-unavailable", { cause: down(), appId: `app${i % 3}` });
      jest.advanceTimersByTime(1000);
    }
    jest.advanceTimersByTime(5000);
    expect(lines).toEqual([
      "warn refused 503 nonces-unavailable (GET /orders, request r1, app app0): connect ECONNREFUSED 127.0.0.1:6379",
      ...[
        [499, "10:00:00"],
        [500, "10:00:01"],
        [500, "10:00:02"],
      ].map(
        ([n, time]) =>
          `warn refused 503 nonces-unavailable ${n} more times within 1.0 s, since 2026-08-01T${time}.000Z, of 3 apps: connect ECONNREFUSED 127.0.0.1:6379`,
      ),
    ]);
  });

  it("are told in full again once it was quiet for a second", () => {
    refuse("nonces-unavailable", { cause: down() });
    jest.advanceTimersByTime(1000);
    refuse("nonces-unavailable", { cause: down() });
    expect(lines.filter((line) => line.includes("request r"))).toHaveLength(2);
  });

  it("are counted apart where their causes differ, whatever differs from request to request", () => {
    const causes = [down(1), down(2), new Error("timeout"), "no Error", undefined, null];
    for (let i = 0; i < 10; i++)
      for (const cause of causes) refuse("keys-unavailable", { cause, appId: `a${i}` });
    // The two of one kind, and undefined, which says nothing.
    expect(lines.map((line) => line.split("): ")[1])).toEqual([
      "connect ECONNREFUSED 127.0.0.1:1",
      "timeout",
      "no Error",
      undefined,
      "null",
    ]);
    log.flush();
    expect(sumOf(lines)).toBe(60);
  });

  it("count wrong MACs, which get 503 too, for themselves", () => {
    for (let i = 0; i < 5; i++) {
      refuse("nonces-unavailable", { cause: down() });
      refuse("signature-mismatch", { inDoubt: true });
    }
    log.flush();
    expect(lines).toEqual([
      expect.stringContaining("refused 503 nonces-unavailable (GET"),
      expect.stringContaining("refused 503 signature-mismatch (GET"),
      expect.stringContaining("refused 503 nonces-unavailable 4 more times"),
      expect.stringMatching(/refused 503 signature-mismatch 4 more times .*: in doubt$/),
    ]);
  });

  it("of which each has another cause take a bounded number of lines and of memory", () => {
    const word = (i: number) => i.toString(26).replaceAll(/\d/g, (d) => "qrstuvwxyz"[+d] as string);
    expect(new Set(Array.from({ length: 5000 }, (_, i) => word(i))).size).toBeGreaterThan(1000);
    const inOnePeriod = (): void => {
      for (let i = 0; i < 5000; i++)
        refuse("keys-unavailable", { cause: new Error(`no ${word(i)}`), appId: `app${i}` });
    };
    inOnePeriod();
    expect(lines).toHaveLength(101);
    jest.advanceTimersByTime(1000);
    expect(sumOf(lines)).toBe(5000);
    expect(lines.length).toBeLessThan(210);
    expect(lines.join("\n")).toMatch(/\d+ more entries of other kinds within 1\.0 s/);
    expect(lines.join("\n")).toContain(", of 100 or more apps");
  });

  it("are told at the end", () => {
    for (let i = 0; i < 3; i++) refuse("nonces-full", { cause: new Error("OOM") });
    jest.advanceTimersByTime(300);
    log.flush();
    expect(lines.at(-1)).toBe(
      "warn refused 503 nonces-full 2 more times within 0.3 s, since 2026-08-01T10:00:00.000Z, of 1 app: OOM",
    );
    jest.runAllTimers();
    expect(lines).toHaveLength(2);
  });
});

describe("a bug", () => {
  it("is told with its stack, once", () => {
    for (let i = 0; i < 3; i++) refuse("verifier-failed", { cause: new TypeError("x is no y") });
    log.flush();
    expect(lines).toEqual([
      expect.stringMatching(
        /^error refused 503 verifier-failed \(GET \/orders, request r1, app demo\): x is no y\n +at .*refusal-log\.spec/,
      ),
      expect.stringMatching(/^error refused 503 verifier-failed 2 more times .*: x is no y$/),
    ]);
  });
});

describe("a stranger", () => {
  it("begins no line, whatever he chooses", () => {
    const forged = "x\nwarn refused 401 forged\u2028\u001b[2K";
    refuse("app-unknown", { path: `/${forged}`, appId: forged, note: forged });
    refuse("keys-unavailable", { cause: new Error(forged), appId: forged });
    refuse("verifier-failed", { cause: new Error(`${forged}\n    at evil`), appId: forged });
    refuse("keys-unavailable", { cause: new Error(forged), appId: forged });
    log.observerThrew(new Error(forged));
    log.flush();
    const all = lines.join("\n");
    expect(all.match(/forged/g)?.length).toBeGreaterThan(5);
    expect(all).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u2028]/);
    for (const line of all.split("\n"))
      expect(line).toMatch(/^(?:warn|error) (?:refused|the obs)|^ +at .*[)\d]$/);
  });

  it("fills no disk with one request", () => {
    const long = "x".repeat(1e6);
    refuse("app-unknown", { path: long, appId: long, note: long });
    refuse("keys-unavailable", { path: long, cause: new Error(long) });
    for (const line of lines) expect(line.length).toBeLessThan(4000);
  });
});

describe("an observer that throws", () => {
  it("is told once, and once a second", () => {
    for (let i = 0; i < 4; i++) log.observerThrew(new Error("redis://:hunter2@db is down"));
    jest.advanceTimersByTime(1000);
    expect(lines).toEqual([
      "error the observer threw: redis://***@db is down",
      "error the observer threw 3 more times within 1.0 s, since 2026-08-01T10:00:00.000Z: redis://***@db is down",
    ]);
  });
});

describe("a logger that throws", () => {
  const broken = (): never => {
    throw new Error("disk full");
  };

  it("throws nothing at whoever logs, nor at a timer", () => {
    const shaky = new RefusalLog(new SafeLogger({ warn: broken, error: broken }));
    const refusal = new Refusal("nonces-unavailable", undefined, { cause: down() });
    const facts = { method: "GET", requestId: "r", durationMs: 1 };
    const verdict = { ...refusedVerdict(refusal, OBSERVER), ...facts };
    for (let i = 0; i < 3; i++) shaky.refused(verdict, "/", refusal.cause);
    shaky.observerThrew(new Error("x"));
    jest.advanceTimersByTime(1000);
    shaky.flush();
  });
});

/** How many refusals the lines tell of. */
const sumOf = (all: readonly string[]): number =>
  all.reduce((sum, line) => sum + Number(/(\d+) more (?:time|entries)/.exec(line)?.[1] ?? 1), 0);
