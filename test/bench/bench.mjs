// What signing and verifying cost, under each scheme, beside other implementations and beside the bare cryptography.
// `npm run bench -- --rounds 15`
import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { METHODS, methodsOf, namesIn, OPERATION_NAMES } from "./contestants.mjs";
import { median } from "./figures.mjs";
import { atLeast, atMost, printGoals, printHeading, printTable } from "./report.mjs";
import { readSettings } from "./settings.mjs";

const { rounds } = readSettings({ rounds: 15 });
// A round takes 20 ms or more of each contestant, in batches so small that a request is still in the processor's cache
// when its turn comes, as one that has just arrived is.
const BATCHES = 60;
const BATCH = 100;
const WARM_UP_ROUNDS = 4;
const PACKAGES = [
  ...["hawk", "http-signature", "http-message-signatures", "escher-auth", "aws4"],
  ...["@smithy/signature-v4", "@filen/aws4-express", "standardwebhooks"],
];

/** A contestant's process. */
class Contestant {
  #child;
  #microseconds = Object.fromEntries(METHODS.map((method) => [method, []]));

  static async start(operation, name) {
    const contestant = new Contestant();
    contestant.name = name;
    const worker = fileURLToPath(new URL("bench-worker.mjs", import.meta.url));
    contestant.#child = fork(worker, [operation, name, BATCHES, BATCH]);
    contestant.#child.on("exit", (code) => {
      if (code) process.exit(code); // it has said why
    });
    await once(contestant.#child, "message");
    return contestant;
  }

  async round(method, isCounted) {
    if (!methodsOf(this.name).includes(method)) return;
    this.#child.send(method);
    const [{ us }] = await once(this.#child, "message");
    if (isCounted) this.#microseconds[method].push(us);
  }

  /** The median of its rounds; undefined where the format has no such request. */
  figure(method) {
    return this.#microseconds[method].length === 0 ? undefined : median(this.#microseconds[method]);
  }

  stop() {
    this.#child.disconnect();
  }
}

/**
 * The contestants in turn, the first one another each round: what disturbs the machine for a while disturbs all of
 * them, and the median forgets it. Microseconds an operation, by method and name.
 */
async function race(operation) {
  const contestants = [];
  for (const name of namesIn(operation)) contestants.push(await Contestant.start(operation, name));
  for (let round = -WARM_UP_ROUNDS; round < rounds; round++)
    for (const method of METHODS)
      for (let i = 0; i < contestants.length; i++)
        await contestants[(i + round + WARM_UP_ROUNDS) % contestants.length].round(
          method,
          round >= 0,
        );
  for (const contestant of contestants) contestant.stop();
  return Object.fromEntries(
    METHODS.map((method) => [
      method,
      Object.fromEntries(
        contestants.map((contestant) => [contestant.name, contestant.figure(method)]),
      ),
    ]),
  );
}

function printOperation(operation, byMethod) {
  const cellsOf = (method, name) => {
    const { [name]: figure, floor } = byMethod[method];
    return figure === undefined
      ? ["–", "–"]
      : [figure.toFixed(2), `${(figure / floor).toFixed(2)} ×`];
  };
  printTable(
    [operation, "GET, µs", "÷ floor", "POST, µs", "÷ floor"],
    namesIn(operation).map((name) => [name, ...cellsOf("GET", name), ...cellsOf("POST", name)]),
  );
}

function goalsOf(method, { verify, admit, sign }) {
  const peer = (name, figures) => figures[`npm: ${name}`];
  return [
    atMost(
      `lacre1 verify ${method} ÷ floor`,
      verify.lacre1 / verify.floor,
      method === "GET" ? 1 : 1.3,
    ),
    atLeast(`npm's hawk ÷ lacre1, admit ${method}`, peer("hawk", admit) / admit.lacre1, 1.5),
    atLeast(`npm's hawk ÷ lacre1, sign ${method}`, peer("hawk", sign) / sign.lacre1, 1.5),
    atMost(`aws-sigv4 verify ${method} ÷ floor`, verify["aws-sigv4"] / verify.floor, 2.5),
    atLeast(
      `@filen/aws4-express ÷ aws-sigv4, verify ${method}`,
      peer("@filen/aws4-express", verify) / verify["aws-sigv4"],
      6,
    ),
    atLeast(`aws4 ÷ aws-sigv4, sign ${method}`, peer("aws4", sign) / sign["aws-sigv4"], 3),
  ];
}

const results = {};
for (const operation of OPERATION_NAMES) results[operation] = await race(operation);
printHeading("Signing and verifying", PACKAGES, [
  `Medians of ${rounds} interleaved rounds of ${BATCHES * BATCH} operations, each contestant in a process of its own. A GET, and a POST of 1 KB of JSON. A dash: the format has no such request.`,
  "verify: from a head that was taken in to the proof of who made head and content, without replay protection. admit: from raw header lines to the principal, with it. floor: node:crypto alone, one hash of the content, one HMAC, one comparison.",
]);
for (const [operation, byMethod] of Object.entries(results)) printOperation(operation, byMethod);
const ofMethod = (method) =>
  Object.fromEntries(
    Object.entries(results).map(([operation, byMethod]) => [operation, byMethod[method]]),
  );
printGoals(METHODS.flatMap((method) => goalsOf(method, ofMethod(method))));
