import { createHash, randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { Controller, Put, Req } from "@nestjs/common";
import { HmacProtected } from "@lacre/nestjs";
import { DEMO_KEY, startApp, type RunningApp } from "../../support/app.js";
import { SigningServer } from "../../support/signing-server.js";
import { run } from "../../support/run.js";

const MEGABYTE = 1024 * 1024;
const FLOOD = join(import.meta.dirname, "flood.mjs");
const SCRIPT = join(import.meta.dirname, "upload.mjs");

@Controller("files")
@HmacProtected({ body: "stream" })
class FilesController {
  @Put()
  async take(@Req() request: IncomingMessage): Promise<string> {
    const hash = createHash("sha256");
    for await (const chunk of request as AsyncIterable<Buffer>) hash.update(chunk);
    return hash.digest("hex");
  }
}

/** The clients as they are built (`npm run build`), each in a process of its own. */
describe("what a file takes of a client's memory", () => {
  let server: RunningApp;
  let folder: string;
  beforeAll(async () => {
    server = await startApp("express", {
      controllers: [FilesController],
      hmac: { signResponses: true },
    });
    folder = mkdtempSync(join(tmpdir(), "lacre-upload-"));
  });
  afterAll(async () => {
    rmSync(folder, { recursive: true });
    await server.close();
  });

  const file = (megabytes: number): { path: string; sha256: string } => {
    const path = join(folder, `${megabytes}.bin`);
    const bytes = Buffer.concat(Array.from({ length: megabytes }, () => randomBytes(MEGABYTE)));
    writeFileSync(path, bytes);
    return { path, sha256: createHash("sha256").update(bytes).digest("hex") };
  };

  it("does not grow with the file", async () => {
    const files = [file(1), file(20), file(200)];
    const table: string[] = [];
    for (const client of ["fetch", "undici", "axios", "got"]) {
      const peaks: number[] = [];
      for (const { path, sha256 } of files) {
        const args = [SCRIPT, client, `${server.url}/files`, path];
        const { stdout, stderr } = await run(process.execPath, args, {
          env: { API_KEY: DEMO_KEY },
        });
        expect(stderr).toBe("");
        const { answer, peakBytes } = JSON.parse(stdout) as { answer: string; peakBytes: number };
        expect(answer).toBe(sha256);
        peaks.push(Math.round(peakBytes / MEGABYTE));
      }
      const [small = 0, , large = 0] = peaks;
      table.push(`${client.padEnd(7)} 1 MiB ${peaks[0]}, 20 MiB ${peaks[1]}, 200 MiB ${peaks[2]}`);
      // Held in memory once, the large file alone would make it 199 more.
      expect({ client, grows: large - small > 150 }).toEqual({ client, grows: false });
    }
    process.stdout.write(
      `Peak memory of a client in MiB, by the size of the file:\n${table.join("\n")}\n`,
    );
  });
});

describe("what a hostile answer of 600 MiB takes of a client's memory", () => {
  let server: SigningServer;
  beforeAll(async () => {
    server = await SigningServer.start();
    server.reply = ({ target }) => {
      server.manner = target.startsWith("/flood") ? manner : "signed";
      return { status: 200, body: target };
    };
  });
  afterAll(() => server.close());
  let manner: "flood" | "flood-malformed" = "flood";
  const bound = 256 * MEGABYTE;

  /** How much memory a client takes for an answer of so many bytes, or its library alone. */
  const grown = async (
    client: string,
    floodBytes: number,
    outcome: RegExp,
    how = "signed",
  ): Promise<number> => {
    server.floodBytes = floodBytes;
    const args = [FLOOD, client, server.url, String(bound), how];
    const { stdout, stderr } = await run(process.execPath, args, { env: { API_KEY: DEMO_KEY } });
    expect(stderr).toBe("");
    const said = JSON.parse(stdout) as { outcome: string; grownBytes: number };
    expect(said.outcome).toMatch(outcome);
    return said.grownBytes;
  };
  const inWords = (bytes: number): string => `${Math.round(bytes / MEGABYTE)} MiB`;

  it.each(["fetch", "undici", "axios", "axios-fetch", "got", "supertest"])(
    "is within the bound, or next to nothing where the signature is malformed: %s",
    async (client) => {
      manner = "flood";
      // What the engine has not collected yet of bytes that nobody holds: the least that there can be.
      const floor = await grown(client, bound, /^read$/, "alone");
      const long = await grown(client, 600 * MEGABYTE, /content-too-large/);
      // got itself joins the pieces of what it has read to its end.
      const whole = client === "got" ? 0 : await grown(client, bound, /content-mismatch/);
      manner = "flood-malformed";
      const malformed = await grown(client, 600 * MEGABYTE, /signature-malformed/);
      process.stdout.write(
        `${client}: ${inWords(long)} of ${inWords(bound)}, ${inWords(whole)} where it is as long as it may be, ` +
          `${inWords(malformed)} where it is malformed; ${inWords(floor)} where nothing is held\n`,
      );
      expect(Math.max(long, whole)).toBeLessThanOrEqual(1.2 * bound + floor);
      expect(malformed).toBeLessThanOrEqual(0.1 * bound);
    },
  );
});
