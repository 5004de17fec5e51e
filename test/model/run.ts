import { ConfigurationError } from "@lacre/core";
import { Random } from "../interop/random.js";
import { randomApplication, start, stepsTo, type Application } from "./application.js";
import { Connection } from "./connection.js";
import { Letters } from "./letters.js";
import { wireOf, type Sending } from "./signing.js";
import { Model, type Outcome } from "./model.js";

/** One request of a run: enough to send it again. */
interface Sent {
  readonly letter: Sending;
  readonly atMs: number;
  readonly storeFails: boolean;
}

interface Actual {
  readonly ran: readonly string[];
  readonly status: number;
}

/** The model says one thing, and the application does another. */
interface Disagreement {
  readonly expected: readonly Outcome[];
  readonly actual: Actual;
}

/** How often each thing occurred. */
export class Tally {
  readonly counts = new Map<string, number>();
  requests = 0;
  ran = 0;
  refused = 0;
  applications = 0;
  unstarted = 0;

  count(name: string): void {
    this.counts.set(name, (this.counts.get(name) ?? 0) + 1);
  }

  note(application: Application, { letter }: Sent, { ran, status }: Actual): void {
    this.requests += 1;
    if (ran.length > 0) this.ran += 1;
    if (status !== 200) this.refused += 1;
    this.count(letter.kind);
    this.count(`status ${status}`);
    this.count(application.platform);
    this.count(`middleware ${application.middleware}`);
    for (const kind of letter.route.guards) this.count(`guard ${kind}`);
    for (const { format, lives, nonce } of letter.shown) {
      if (format.name === "rfc9421" && !nonce && ran.length > 0)
        this.count("rfc9421 without nonce ran");
      if (ran.length > 0) this.count(`${format.name} ran`);
      if (lives !== undefined && ran.length > 0) this.count(`${format.name} presigned`);
    }
    if (ran.length > 1) this.count("catch-all and route");
    if (letter.route.version !== undefined) this.count("versioned");
  }
}

/** Sends requests one after the other, and stops at the first on which model and application disagree. */
async function drive(
  application: Application,
  take: () => Sent | undefined,
  seen: (sent: Sent, actual: Actual) => void = () => undefined,
): Promise<Disagreement | undefined> {
  const server = await start(application);
  const connection = new Connection(server.port);
  const model = new Model(application.settings);
  try {
    for (let sent = take(); sent !== undefined; sent = take()) {
      const { letter, atMs, storeFails } = sent;
      server.clock.ms = atMs;
      server.storeFails = storeFails;
      server.ran.length = 0;
      const status = await connection.send(wireOf(letter));
      const actual = { ran: [...server.ran], status };
      const steps = stepsTo(application, letter.route);
      const now = Math.floor(atMs / 1000);
      const expected = model.outcomes(steps, letter, now, storeFails);
      seen(sent, actual);
      const isExpected = expected.some(
        ({ ran, statuses }) => String(ran) === String(actual.ran) && statuses.includes(status),
      );
      if (!isExpected) return { expected, actual };
      model.note(steps, letter, now, storeFails, actual.ran);
    }
    return undefined;
  } finally {
    connection.close();
    await server.close();
  }
}

const again = (application: Application, history: readonly Sent[]) => {
  let at = 0;
  return drive(application, () => history[at++]);
};

/** Drives the application of one seed. What is wrong, with the fewest requests that show it; otherwise undefined. */
export async function runSeed(
  seed: number,
  requests: number,
  tally: Tally,
): Promise<string | undefined> {
  tally.applications += 1;
  const random = new Random(seed);
  const application = randomApplication(random);
  const history: Sent[] = [];
  let atMs = application.startMs;
  const letters = new Letters(random, application, () => atMs);
  const take = (): Sent | undefined => {
    if (history.length >= requests) return undefined;
    atMs += stepMs(random);
    const storeFails = application.settings.flaky && random.chance(8);
    const sent = { letter: letters.next(), atMs, storeFails };
    history.push(sent);
    return sent;
  };
  const disagreement = await drive(application, take, (sent, actual) =>
    tally.note(application, sent, actual),
  ).catch((error: unknown) => {
    // A rule that cannot be kept may stop the start.
    if (!(error instanceof ConfigurationError)) throw error;
    tally.unstarted += 1;
    return undefined;
  });
  if (disagreement === undefined) return undefined;
  const shortest = await shrink(application, history);
  const last = (await again(application, shortest)) ?? disagreement;
  return describe(seed, application, shortest, last);
}

/** How long it is until the next request: nothing, some seconds, or up to 400. */
const stepMs = (random: Random): number =>
  random.chance(3) ? 0 : random.chance(12) ? random.below(400_000) : random.below(9000);

/** Leaves out what the last request does not need to be judged wrongly. */
async function shrink(application: Application, history: readonly Sent[]): Promise<Sent[]> {
  const last = history.at(-1);
  if (last === undefined) return [];
  const shows = async (some: readonly Sent[]): Promise<boolean> =>
    (await again(application, some)) !== undefined;
  const keys = new Set(last.letter.shown.map(({ onceKey }) => onceKey));
  const kin = history.filter(({ letter }) => letter.shown.some(({ onceKey }) => keys.has(onceKey)));
  let shortest = [...history];
  for (const some of [[last], kin])
    if (some.length < shortest.length && (await shows(some))) shortest = some;
  for (let size = shortest.length >> 1; size > 0; size >>= 1)
    for (let at = 0; at + size < shortest.length;) {
      const some = shortest.toSpliced(at, size);
      if (await shows(some)) shortest = some;
      else at += size;
    }
  return shortest;
}

function describe(
  seed: number,
  application: Application,
  history: readonly Sent[],
  { expected, actual }: Disagreement,
): string {
  const said = expected.map(
    ({ ran, statuses }) => `[${ran.join()}] ${[...new Set(statuses)].join(" or ")}`,
  );
  const { routes, catchAll, ...rest } = application;
  return [
    `MODEL_SEED=${seed}: the model says ${said.join(", or ")}; what happened is [${actual.ran.join()}] ${actual.status}.`,
    JSON.stringify(rest),
    ...[...(catchAll === undefined ? [] : [catchAll]), ...routes].map((route) =>
      JSON.stringify(route),
    ),
    ...history.map((sent) => describeSent(sent, application.startMs)),
  ].join("\n  ");
}

function describeSent({ letter, atMs, storeFails }: Sent, startMs: number): string {
  const { method, target, headers, body } = wireOf(letter);
  const by = letter.shown.map(
    ({ format, appId, claimedAt }) =>
      `${format.name} of ${appId}, ${claimedAt - Math.floor(atMs / 1000)} s from now`,
  );
  return [
    `+${(atMs - startMs) / 1000} s${storeFails ? ", store fails" : ""}: ${letter.kind} (${letter.about}; ${by.join("; ")}) to ${letter.route.name}`,
    `${method} ${target}`,
    ...headers.map(([name, value]) => `${name}: ${value}`),
    ...(body === undefined ? [] : [Buffer.from(body).toString()]),
  ].join("\n      ");
}
