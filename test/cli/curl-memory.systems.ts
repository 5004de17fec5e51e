import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { KeptAnswer } from "../../apps/cli/src/curl/kept-answer.js";
import type { Signed } from "../../apps/cli/src/signing.js";
import { runProgram } from "../../apps/cli/src/run-program.js";
import { DEMO_KEY } from "../support/app.js";
import { need, run, type Outcome } from "../support/run.js";
import { SigningServer } from "../support/signing-server.js";

const MEGABYTE = 1024 * 1024;
const LARGE = 300;
const PROGRAM = join(import.meta.dirname, "../../apps/cli/bin/lacre.js");

/** Writes at the end of the program how much memory it had at most. */
const SAYS_MEMORY = `data:text/javascript,
  import { readFileSync, writeFileSync } from "node:fs";
  process.on("exit", () => writeFileSync(process.env.MEMORY_FILE, readFileSync("/proc/self/status")));`;

/** The program as it is built (`npm run build`), in a process of its own, with the real curl. */
describe("what lacre curl takes of memory", () => {
  let server: SigningServer;
  let folder: string;
  beforeAll(async () => {
    need("curl", "apt-get install curl");
    server = await SigningServer.start();
    folder = mkdtempSync(join(tmpdir(), "lacre-memory-"));
    for (const megabytes of [2, LARGE])
      writeFileSync(join(folder, `${megabytes}.bin`), Buffer.alloc(megabytes * MEGABYTE, 7));
  });
  afterAll(async () => {
    await server.close();
    rmSync(folder, { recursive: true });
  });
  beforeEach(() => server.reset());

  async function curl(...args: string[]): Promise<Outcome & { peakMegabytes: number }> {
    const memory = join(folder, "memory");
    const words = ["--import", SAYS_MEMORY, PROGRAM, "curl", ...args];
    const outcome = await run(process.execPath, words, {
      env: {
        LACRE_APP_ID: "demo",
        LACRE_API_KEY: DEMO_KEY,
        MEMORY_FILE: memory,
        TMPDIR: folder,
      },
    });
    const [, kilobytes] = /^VmHWM:\s*(\d+) kB$/m.exec(readFileSync(memory, "utf8")) ?? [];
    return { ...outcome, peakMegabytes: Math.round(Number(kilobytes) / 1024) };
  }

  const left = () => readdirSync(folder).filter((name) => name.startsWith("lacre-curl-"));

  it("does not grow with the files of a form", async () => {
    const send = (megabytes: number) =>
      curl(
        "-sS",
        "-F",
        "title=x",
        "-F",
        `f=@${join(folder, `${megabytes}.bin`)};filename=f`,
        `${server.url}/a`,
      );
    const small = await send(2);
    const large = await send(LARGE);
    for (const { code, stderr } of [small, large]) expect([code, stderr]).toEqual([0, ""]);
    expect(server.received.map(({ code, method }) => [code, method])).toEqual([
      [undefined, "POST"],
      [undefined, "POST"],
    ]);
    const [first, second] = server.received;
    expect((second?.byteLength ?? 0) - (first?.byteLength ?? 0)).toBe((LARGE - 2) * MEGABYTE);
    expect(second?.headers["content-length"]).toBe(String(second?.byteLength));
    expect({ grows: large.peakMegabytes - small.peakMegabytes > 100 }).toEqual({ grows: false });
    expect(left()).toEqual([]);
  });

  it("sends a long form to a URL that ends in a folder, and by another method", async () => {
    const form = ["-sS", "-F", `f=@${join(folder, "2.bin")}`];
    expect((await curl(...form, `${server.url}/a/?b=/`)).code).toBe(0);
    expect((await curl("-X", "PUT", ...form, `${server.url}/a`)).code).toBe(0);
    expect((await curl("--dry-run", ...form, `${server.url}/a`)).stderr).toContain("removed again");
    expect(server.received.map(({ code, method, target }) => [code, method, target])).toEqual([
      [undefined, "POST", "/a/?b=/"],
      [undefined, "PUT", "/a"],
    ]);
    expect(left()).toEqual([]);
  });

  it("leaves no file behind where it is told to end", async () => {
    const silent = createServer((incoming) => void incoming.resume());
    silent.listen(0, "127.0.0.1");
    await once(silent, "listening");
    const { port } = silent.address() as AddressInfo;
    const args = ["curl", "-sS", "-F", `f=@${join(folder, "2.bin")}`, `http://127.0.0.1:${port}/a`];
    const child = spawn(process.execPath, [PROGRAM, ...args], {
      env: { ...process.env, LACRE_APP_ID: "demo", LACRE_API_KEY: DEMO_KEY, TMPDIR: folder },
      stdio: "ignore",
    });
    const ended = once(child, "close");
    await once(silent, "request");
    expect(left()).toHaveLength(1);
    child.kill("SIGTERM");
    expect(await ended).toEqual([128 + 15, null]);
    expect(left()).toEqual([]);
    silent.closeAllConnections();
    silent.close();
  });

  it("does not grow with an answer that is checked", async () => {
    const ask = async (megabytes: number) => {
      const body = Buffer.alloc(megabytes * MEGABYTE, 7);
      server.reply = () => ({ status: 200, body });
      const path = join(folder, "answer");
      const outcome = await curl("--verify-response", "-sS", "-o", path, `${server.url}/a`);
      const digest = createHash("sha256").update(readFileSync(path)).digest("hex");
      return { outcome, isWhole: digest === createHash("sha256").update(body).digest("hex") };
    };
    const small = await ask(2);
    const large = await ask(LARGE);
    for (const { outcome, isWhole } of [small, large])
      expect([outcome.code, outcome.stderr, isWhole]).toEqual([0, "", true]);
    const grown = large.outcome.peakMegabytes - small.outcome.peakMegabytes;
    expect({ grows: grown > 100 }).toEqual({ grows: false });
    expect(left()).toEqual([]);
  });

  it("ends with an answer that does not: the disk is not filled", async () => {
    server.manner = "flood";
    server.floodBytes = 600 * MEGABYTE;
    const kept = mkdtempSync(join(folder, "kept-"));
    const answer = new KeptAnswer(kept, MEGABYTE);
    const words = answer.keepingIt(["--disable", `${server.url}/a`]);
    // Stands for a request whose answer has the right head.
    const check: Signed["check"] = async ({ content }) => void (await content());
    const asked = {
      method: "GET",
      signed: { headers: [], canonicalRequest: "", hasAnswers: true, check },
    };
    await answer.within(asked, (signal) => runProgram("curl", words, { env: process.env, signal }));
    expect([answer.isTooLong, answer.isEndedEarly]).toEqual([true, true]);
    expect(await answer.faultOf(asked)).toContain(`more than ${MEGABYTE} bytes`);
    expect(statSync(join(kept, "answer")).size).toBeLessThan(600 * MEGABYTE);
  });

  it("is ended by a head that is not signed right", async () => {
    server.manner = "flood-malformed";
    server.floodBytes = 2000 * MEGABYTE;
    const { code, stderr } = await curl("--verify-response", "-sS", `${server.url}/a`);
    expect([code, stderr]).toEqual([1, expect.stringContaining("the answer cannot be believed")]);
    expect(stderr).not.toContain("bytes, which are not checked");
    expect(left()).toEqual([]);
  });

  it("waits for no end of an answer that is not signed, however slowly it comes", async () => {
    const drip = createServer((_, response) => {
      const timer = setInterval(() => response.write("a"), 20);
      response.once("close", () => clearInterval(timer));
    });
    drip.listen(0, "127.0.0.1");
    await once(drip, "listening");
    const { port } = drip.address() as AddressInfo;
    const { code, stderr } = await curl("--verify-response", "-sS", `http://127.0.0.1:${port}/a`);
    expect([code, stderr]).toEqual([1, expect.stringContaining("is not signed. Status 200")]);
    expect(left()).toEqual([]);
    drip.closeAllConnections();
    drip.close();
  });
});
