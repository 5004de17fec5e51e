// What a guard costs a server: CPU time of its process for each request, and how long callers wait. `npm run bench:http`
// --rounds 15 --requests 2000 --connections 8 --platforms express,fastify --redis URL --postgres URL
import { generateApiKey } from "@lacre/core";
import { median, quantile } from "./figures.mjs";
import { requestWriter, withOneByteChanged } from "./http-requests.mjs";
import { Connections } from "./load.mjs";
import { atLeast, atMost, printGoals, printHeading, printTable } from "./report.mjs";
import { ServerProcess } from "./server-process.mjs";
import { readSettings } from "./settings.mjs";
import { openSharedStores } from "./shared-stores.mjs";

const { rounds, requests, connections, platforms, ...urls } = readSettings({
  rounds: 15,
  requests: 2000,
  connections: 8,
  platforms: "express,fastify",
  redis: undefined,
  postgres: undefined,
});
const WARM_UP_ROUNDS = Math.max(3, Math.ceil(4000 / requests)); // until the compiler is done
const PROOFS = 20;
const METHODS = ["GET", "POST"];
const LABELS = {
  none: "no guard",
  lacre: "`@HmacProtected`",
  passport: '`AuthGuard("hmac")`',
  hawk: "hawk guard, no nonces",
  redis: "Lacre, Redis",
  postgres: "Lacre, PostgreSQL",
};
/** Lacre's throughput for the same CPU time, where that of no guard is 1. */
const LEAST_THROUGHPUT = { express: 0.85, fastify: 0.7 };

/** One server, and what it has been measured at. */
class Subject {
  #figures = Object.fromEntries(METHODS.map((method) => [method, { cpuUs: [], p50: [], p99: [] }]));

  static async start(platform, name, url) {
    const subject = new Subject();
    const apiKey = generateApiKey();
    subject.name = name;
    subject.server = await ServerProcess.start("http-server.mjs", {
      platform,
      subject: name,
      apiKey,
      url,
    });
    subject.write = requestWriter(name === "hawk" ? "hawk" : "lacre1", apiKey);
    subject.connections = await Connections.open(subject.server.port, connections);
    return subject;
  }

  /** It accepts all of its requests, and refuses each of them with one byte changed: otherwise its figures say nothing. */
  async prove() {
    for (const method of METHODS) {
      const honest = Array.from({ length: PROOFS }, () => this.write(method));
      const changed = Array.from({ length: PROOFS }, () => withOneByteChanged(this.write(method)));
      this.#expectAll(await this.connections.send(honest), isAccepted, `${method}, honest`);
      const wanted = this.name === "none" ? isAccepted : ({ status }) => status === 401;
      this.#expectAll(await this.connections.send(changed), wanted, `${method}, changed`);
    }
  }

  async round(method, isCounted) {
    const written = Array.from({ length: requests }, () => this.write(method));
    const before = await this.server.cpuUs();
    const answers = await this.connections.send(written);
    const used = (await this.server.cpuUs()) - before;
    this.#expectAll(answers, isAccepted, method);
    if (!isCounted) return;
    const { cpuUs, p50, p99 } = this.#figures[method];
    const waits = answers.map(({ ms }) => ms);
    cpuUs.push(used / requests);
    p50.push(quantile(waits, 0.5));
    p99.push(quantile(waits, 0.99));
  }

  figure(method, name) {
    return median(this.#figures[method][name]);
  }

  async stop() {
    this.connections.close();
    await this.server.stop();
  }

  #expectAll(answers, isRight, what) {
    const wrong = answers.filter((answer) => !isRight(answer));
    if (wrong.length > 0)
      throw new Error(
        `${this.name}: ${wrong.length} of ${answers.length} (${what}) were answered with ${wrong[0].status}`,
      );
  }
}

const isAccepted = ({ status }) => status >= 200 && status < 300;

/** The subjects in turn, the first one another each round: what disturbs the machine disturbs all of them. */
async function measure(platform, stores) {
  const subjects = [];
  try {
    for (const name of Object.keys(LABELS).filter((each) => !(each in urls) || each in stores))
      subjects.push(await Subject.start(platform, name, stores[name]));
    for (const subject of subjects) await subject.prove();
    for (let round = -WARM_UP_ROUNDS; round < rounds; round++)
      for (const method of METHODS)
        for (let i = 0; i < subjects.length; i++)
          await subjects[(i + round + WARM_UP_ROUNDS) % subjects.length].round(method, round >= 0);
    return Object.fromEntries(
      METHODS.map((method) => [
        `${platform === "express" ? "Express" : "Fastify"} ${method}`,
        Object.fromEntries(
          subjects.map((subject) => [
            subject.name,
            Object.fromEntries(
              ["cpuUs", "p50", "p99"].map((name) => [name, subject.figure(method, name)]),
            ),
          ]),
        ),
      ]),
    );
  } finally {
    for (const subject of subjects) await subject.stop();
  }
}

function goalsOf(what, { none, lacre, hawk }) {
  const least = LEAST_THROUGHPUT[what.startsWith("Express") ? "express" : "fastify"];
  return [
    atLeast(
      `${what}: throughput for the same CPU time, beside no guard`,
      none.cpuUs / lacre.cpuUs,
      least,
    ),
    atLeast(`${what}: the same beside the hawk guard`, hawk.cpuUs / lacre.cpuUs, 1),
    atMost(`${what}: p99 beside no guard`, lacre.p99 / none.p99, 1.5),
  ];
}

const { stores, missing, close } = await openSharedStores(urls);
try {
  const results = {};
  for (const platform of platforms.split(","))
    Object.assign(results, await measure(platform, stores));
  printHeading(
    "A guarded request over HTTP",
    ["@nestjs/core", "express", "fastify", "hawk"],
    [
      `Medians of ${rounds} interleaved rounds of ${requests} requests over ${connections} connections that stay open, each sent when the one before it was answered. CPU time is that of the server's process, from the operating system. POST carries 1 KB of JSON.`,
      ...missing.map((what) => `A column is missing. ${what}`),
    ],
  );
  const columns = Object.keys(Object.values(results)[0]);
  const head = columns.map((name) => LABELS[name]);
  const rowsOf = (cell) =>
    Object.entries(results).map(([what, figures]) => [
      what,
      ...columns.map((name) => cell(figures[name], figures)),
    ]);
  printTable(
    ["CPU time, µs a request", ...head],
    rowsOf(({ cpuUs }) => cpuUs.toFixed(0)),
  );
  printTable(
    ["Throughput for the same CPU time", ...head],
    rowsOf(({ cpuUs }, { none }) => (none.cpuUs / cpuUs).toFixed(2)),
  );
  printTable(
    ["p50 / p99, ms", ...head],
    rowsOf(({ p50, p99 }) => `${p50.toFixed(2)} / ${p99.toFixed(2)}`),
  );
  printGoals(Object.entries(results).flatMap(([what, figures]) => goalsOf(what, figures)));
} finally {
  await close();
}
