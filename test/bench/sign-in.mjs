// Whether the time of a failed sign-in tells what was wrong: over HTTP, in random order, with the passwords' real cost.
// `npm run bench:sign-in -- --requests 3000`; on a server of PostgreSQL where DATABASE_URL names one that is empty.
import { randomBytes, randomInt, randomUUID } from "node:crypto";
import { MasterKeyWrapper } from "@lacre/stores/console";
import { quantile } from "./figures.mjs";
import { atMost, printGoals, printHeading, printTable } from "./report.mjs";
import { readSettings } from "./settings.mjs";

const dist = "../../apps/console/dist";
const { createConsole } = await import(`${dist}/start/create-console.js`);
const { derivedKey, markKeysOf } = await import(`${dist}/start/settings.js`);
const { openEmbedded } = await import(`${dist}/database/embedded-database.js`);
const { openServer } = await import(`${dist}/database/server-database.js`);
const { PasswordHashes } = await import(`${dist}/sign-in/password-hashes.js`);
const { TotpSeeds } = await import(`${dist}/sign-in/totp-seeds.js`);
const { people, signIns } = await import(`${dist}/database/tables.js`);

// With `--memory 8` hashing costs next to nothing, and all the rest is seen the better.
const { requests, memory } = readSettings({ requests: 1_200, memory: 19_456 });
const MOST_T = 4.5; // of Welch's t: above it the difference is no accident
/** What is above this share of all times is the machine's. */
const SHARE = 0.95;
const PASSWORD = "the right password";

let now = Date.now();
const masterKey = randomBytes(32);
const { DATABASE_URL } = process.env;
const database = DATABASE_URL ? await openServer(DATABASE_URL) : await openEmbedded({});
const app = await createConsole({
  settings: {
    origin: "https://console.test",
    tokenKey: derivedKey(masterKey, "access tokens"),
    markKeys: markKeysOf([masterKey]),
    wrapper: new MasterKeyWrapper(masterKey),
    clock: { nowMs: () => now },
    addressLimits: { perMinute: 1e9, signInPerMinute: 1e9 },
    showLink: () => undefined,
    passwordCost: { memoryKib: memory, passes: 2 },
  },
  database,
  logger: false,
});
await app.listen(0, "127.0.0.1");
const url = `http://127.0.0.1:${app.getHttpServer().address().port}/v1/login`;

/** Somebody with a password. */
async function somebody(login, active) {
  const personId = `p_${randomUUID()}`;
  await database.db
    .insert(people)
    .values({ id: personId, login, name: login, role: "viewer", active });
  const passwordHash = await app.get(PasswordHashes, { strict: false }).hash(PASSWORD, "bench");
  const sealed = await app.get(TotpSeeds, { strict: false }).seal(randomBytes(20), personId);
  await database.db.insert(signIns).values({ personId, passwordHash, ...sealed });
}
await somebody("active-person-1", true);
await somebody("disabled-person", false);

const KINDS = {
  "wrong code": ["active-person-1", PASSWORD],
  "wrong password": ["active-person-1", "the wrong password"],
  "unknown user": ["unknown-person1", PASSWORD],
  inactive: ["disabled-person", PASSWORD],
};

async function once(kind) {
  now += 1_860_000; // so that each is judged, and none is slowed
  if (kind === "wrong code") await database.db.execute("update guesses set in_row = 0");
  const [login, password] = KINDS[kind];
  const authorization = `Basic ${Buffer.from(`${login}:${password}`).toString("base64")}`;
  const headers = { authorization, "content-type": "application/json" };
  const start = process.hrtime.bigint();
  const { status, body } = await fetch(url, { method: "POST", headers, body: '{"totp":"no"}' });
  const ns = Number(process.hrtime.bigint() - start);
  await body.cancel();
  if (status !== 401) throw new Error(`${kind}: ${status}`);
  return ns / 1e6;
}

const kinds = Object.keys(KINDS);
const times = Object.fromEntries(kinds.map((kind) => [kind, []]));
for (let n = 0; n < 40; n += 1) await once(kinds[n % kinds.length]);
for (let n = 0; n < requests; n += 1) {
  const kind = kinds[randomInt(kinds.length)];
  times[kind].push(await once(kind));
}

const limit = quantile(Object.values(times).flat(), SHARE);
function momentsOf(all) {
  const kept = all.filter((time) => time <= limit);
  const mean = kept.reduce((sum, time) => sum + time, 0) / kept.length;
  const squares = kept.reduce((sum, time) => sum + (time - mean) ** 2, 0);
  return { mean, error2: squares / (kept.length - 1) / kept.length };
}
const first = momentsOf(times["wrong password"]);
const goals = [];
const rows = kinds.map((kind) => {
  const own = momentsOf(times[kind]);
  const t = (own.mean - first.mean) / Math.sqrt(own.error2 + first.error2);
  if (kind !== "wrong password")
    goals.push(atMost(`${kind} against wrong password: t, without its sign`, Math.abs(t), MOST_T));
  return [
    kind,
    times[kind].length,
    own.mean.toFixed(3),
    (own.mean - first.mean).toFixed(3),
    t.toFixed(1),
  ];
});
printHeading(
  "What the time of a failed sign-in tells",
  ["@node-rs/argon2"],
  [
    `${requests} failed sign-ins over HTTP, one after the other, in random order, passwords of ${memory} KiB, on ${DATABASE_URL ? "PostgreSQL" : "the embedded database"}; what is above the 95th percentile is left out.`,
  ],
);
printTable(["wrong", "times", "mean, ms", "more than wrong password, ms", "t"], rows);
printGoals(goals);
await app.close();
