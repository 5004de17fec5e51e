// What content costs a guarded route for each megabyte, beside a bare hash of the same bytes in an open one, and the
// memory that it takes. `npm run bench:body -- --rounds 5 --platform express --largest 1073741824`
import { createHash, randomBytes } from "node:crypto";
import { generateApiKey, Signer } from "@lacre/core";
import { median } from "./figures.mjs";
import { HOST } from "./http-requests.mjs";
import { Connections } from "./load.mjs";
import { atMost, printGoals, printHeading, printTable } from "./report.mjs";
import { ServerProcess } from "./server-process.mjs";
import { readSettings } from "./settings.mjs";

const { rounds, platform, largest } = readSettings({
  rounds: 5,
  platform: "express",
  largest: 2 ** 30,
});
const MB = 2 ** 20;
const SIZES = {
  stream: [2 ** 10, 2 ** 15, MB, 2 ** 25, 2 ** 30].filter((size) => size <= largest),
  buffer: [2 ** 10, 2 ** 15, MB].filter((size) => size <= largest),
};
const TYPES = { stream: "application/octet-stream", buffer: "application/x-bytes" };
const BYTES_A_ROUND = 64 * MB;
const MOST_REQUESTS = 2000;
/** From this size on the request itself counts for little, and the goal holds. */
const GOAL_FROM = MB;
const BLOCK = randomBytes(2 ** 16);

function* chunksOf(size, isSpoilt) {
  for (let left = size; left > 0; left -= BLOCK.length) {
    const chunk = left >= BLOCK.length ? BLOCK : BLOCK.subarray(0, left);
    const isLast = left <= BLOCK.length;
    yield isLast && isSpoilt ? withLastByteChanged(chunk) : chunk;
  }
}

function withLastByteChanged(chunk) {
  const changed = Buffer.from(chunk);
  changed[changed.length - 1] ^= 1;
  return changed;
}

const digests = new Map();
function digestOf(size) {
  if (!digests.has(size)) {
    const hash = createHash("sha256");
    for (const chunk of chunksOf(size, false)) hash.update(chunk);
    digests.set(size, hash.digest());
  }
  return digests.get(size);
}

/** One server, and a client that signs for it. */
class Subject {
  static async start(isGuarded) {
    const subject = new Subject();
    const apiKey = generateApiKey();
    subject.signer = new Signer({ appId: "orders", apiKey });
    subject.server = await ServerProcess.start("body-server.mjs", { platform, isGuarded, apiKey });
    subject.connections = await Connections.open(subject.server.port, 1);
    return subject;
  }

  async send(route, size, isSpoilt = false) {
    const target = `/bodies/${route}`;
    const type = ["content-type", TYPES[route]];
    const { headers } = this.signer.sign({
      method: "POST",
      url: `http://${HOST}`,
      target,
      headers: [type],
      content: { sha256: digestOf(size) },
    });
    const lines = [["host", HOST], type, ["content-length", size], ...headers];
    const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join("");
    const start = Buffer.from(`POST ${target} HTTP/1.1\r\n${head}\r\n`, "latin1");
    return this.connections.stream(start, chunksOf(size, isSpoilt));
  }

  /** CPU time and time for each megabyte, and the most memory meanwhile. */
  async measure(route, size) {
    const times = Math.min(MOST_REQUESTS, Math.max(1, BYTES_A_ROUND / size));
    const before = await this.server.usage();
    const startedMs = performance.now();
    for (let i = 0; i < times; i++) {
      const status = await this.send(route, size);
      if (status !== 201) throw new Error(`${route} of ${size} bytes: ${status}`);
    }
    const ms = performance.now() - startedMs;
    const { cpuUs, peakRss } = await this.server.usage();
    const megabytes = (times * size) / MB;
    return { cpuMs: (cpuUs - before.cpuUs) / 1000 / megabytes, ms: ms / megabytes, peakRss };
  }

  async stop() {
    this.connections.close();
    await this.server.stop();
  }
}

const open = await Subject.start(false);
const guarded = await Subject.start(true);
try {
  for (const route of ["stream", "buffer"]) {
    const status = await guarded.send(route, MB, true);
    if (status !== 401) throw new Error(`changed content of ${route} was answered with ${status}`);
    if ((await guarded.send(route, MB)) !== 201) throw new Error(`${route} refuses its content`);
  }
  printHeading(
    "Content",
    ["@nestjs/core", platform],
    [
      `${platform}, medians of ${rounds} interleaved rounds. CPU time is that of the server's process, from the operating system. The open route hashes the bytes in its handler. RSS is the highest of all rounds.`,
    ],
  );
  const goals = [];
  for (const route of ["stream", "buffer"]) {
    const rows = [];
    const peaks = [];
    for (const size of SIZES[route]) {
      const { cpuRatio, row, peakRss } = await compare(route, size);
      rows.push(row);
      peaks.push(peakRss);
      if (size >= GOAL_FROM)
        goals.push(atMost(`${route}, ${nameOf(size)}: CPU time beside a bare hash`, cpuRatio, 1.1));
    }
    const [least, most] = [SIZES[route][0], SIZES[route].at(-1)].map(nameOf);
    if (route === "stream")
      goals.push(
        atMost(`${route}, ${most}: RSS beside that at ${least}`, peaks.at(-1) / peaks[0], 1.25),
      );
    printTable(
      [
        `body: ${route}`,
        "open, CPU ms/MB",
        "guarded, CPU ms/MB",
        "÷ open",
        "open, ms/MB",
        "guarded, ms/MB",
        "open, RSS MB",
        "guarded, RSS MB",
      ],
      rows,
    );
  }
  printGoals(goals);
} finally {
  await open.stop();
  await guarded.stop();
}

async function compare(route, size) {
  const figures = new Map([open, guarded].map((subject) => [subject, []]));
  for (let round = -1; round < rounds; round++)
    for (const subject of round % 2 === 0 ? [open, guarded] : [guarded, open]) {
      const figure = await subject.measure(route, size);
      if (round >= 0) figures.get(subject).push(figure);
    }
  const middle = (subject, name) => median(figures.get(subject).map((figure) => figure[name]));
  const peak = (subject) => Math.max(...figures.get(subject).map(({ peakRss }) => peakRss));
  const cpuRatio = middle(guarded, "cpuMs") / middle(open, "cpuMs");
  const row = [
    nameOf(size),
    ...[open, guarded].map((subject) => middle(subject, "cpuMs").toFixed(2)),
    `${cpuRatio.toFixed(2)} ×`,
    ...[open, guarded].map((subject) => middle(subject, "ms").toFixed(2)),
    ...[open, guarded].map((subject) => (peak(subject) / MB).toFixed(0)),
  ];
  return { cpuRatio, row, peakRss: peak(guarded) };
}

function nameOf(size) {
  const units = ["bytes", "KB", "MB", "GB"];
  const power = Math.floor(Math.log2(size) / 10);
  return `${size / 2 ** (10 * power)} ${units[power]}`;
}
