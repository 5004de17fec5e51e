import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "@jest/globals";
import { contentOf, type SenderMessage, senderRows } from "../conformance/senders/message.js";
import { ROOT } from "../docs/markdown.js";
import { lacre } from "./lacre.js";

/* What senders send, judged from a file: each by the name of its preset, or by the options of its format. */
const folder = mkdtempSync(join(tmpdir(), "lacre-senders-"));
afterAll(() => rmSync(folder, { recursive: true }));

const NOW = 1_800_000_000;

/** The message as it was recorded, and what else the program needs to judge it. */
function recorded({ request, apiKey, options = {}, encoding, time }: SenderMessage): string[] {
  const { host, origin } = new URL(request.url);
  const content = contentOf(request);
  const head = [
    `${request.method} ${request.url.slice(origin.length) || "/"} HTTP/1.1`,
    `Host: ${host}`,
    ...Object.entries(request.headers).map(([name, value]) => `${name}: ${value}`),
    `Content-Length: ${content.length}`,
  ];
  const file = (name: string, text: string | Buffer): string => {
    writeFileSync(join(folder, name), text, { mode: 0o600 });
    return join(folder, name);
  };
  const http = Buffer.concat([Buffer.from(`${head.join("\r\n")}\r\n\r\n`), content]);
  return [
    ...["--file", file("request.http", http), "--key-file", file("key", apiKey)],
    ...["--scheme-options", file("options.json", JSON.stringify(options))],
    ...["--origin", origin, "--app-id", "sender", "--encoding", encoding],
    ...["--at", String(time ?? NOW)],
  ];
}

describe("lacre verify", () => {
  it.each(
    senderRows(join(ROOT, "test/conformance/senders")).map((row) => [row.title, row] as const),
  )("%s", async (_title, { preset, message }) => {
    const args = recorded(message);
    const { code, err, out } = await lacre(["verify", "--scheme", preset, ...args], {
      nowSeconds: NOW,
    });
    expect({ code, err, out }).toEqual({ code: 0, err: expect.anything(), out: expect.anything() });
  });
});
