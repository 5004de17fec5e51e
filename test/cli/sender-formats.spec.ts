import { createHash } from "node:crypto";
import { afterAll, describe, expect, it } from "@jest/globals";
import { SENDER_FORMATS, USUAL_BODY, type SenderFormat } from "../support/sender-formats.js";
import { Desk } from "./explain-bench.js";
import { lacre } from "./lacre.js";

/*
 * Recorded messages of senders, judged and explained by the options that an application gives.
 */

const AT = 1_700_000_000;
const TARGET = "/hooks/x";
const KEYS = { hex: "hex", base64: "base64", text: "hex", whsec: "base64" } as const;

const desk = new Desk();
afterAll(() => desk.close());

function recorded(name: string, change: (body: Buffer) => Buffer = (body) => body) {
  const format = SENDER_FORMATS[name] as SenderFormat;
  const { options, encoding = "text", appId = "x" } = format;
  const apiKey = format.key ?? createHash("sha256").update(name).digest(KEYS[encoding]);
  const sent = format.send({
    key: apiKey,
    s: String(AT),
    ms: `${AT}257`,
    iso: "2023-11-14T22:13:20Z",
    origin: "https://a.test",
    target: TARGET,
  });
  const { method = "POST", search = "", type = "application/json" } = sent;
  const body = change(Buffer.from(sent.body ?? USUAL_BODY));
  const lines = [
    `${method} ${TARGET}${search} HTTP/1.1`,
    "Host: a.test",
    `Content-Type: ${type}`,
    `Content-Length: ${body.length}`,
    ...sent.headers.map((line) => line.join(": ")),
  ];
  const file = desk.file("r", Buffer.concat([Buffer.from(`${lines.join("\r\n")}\r\n\r\n`), body]));
  const args = [
    ["--scheme", "body-signature"],
    ["--scheme-options", desk.file("options.json", JSON.stringify(options))],
    ["--encoding", encoding],
    ["--algorithm", options.algorithm ?? "sha256"],
  ].flat();
  return { file, args, env: { LACRE_APP_ID: appId, LACRE_API_KEY: apiKey } };
}

describe("a message of a sender", () => {
  it.each(Object.keys(SENDER_FORMATS))("is judged by its options: %s", async (name) => {
    const { file, args, env } = recorded(name);
    const judged = await lacre(
      ["verify", ...args, "--origin", "https://a.test", "--at", String(AT), "--file", file],
      { env },
    );
    expect([judged.err, judged.out.split("\n")[0]]).toEqual([
      "",
      expect.stringMatching(/^accepted/),
    ]);
  });

  it("is shown as bytes, whose number is theirs", async () => {
    const { file, args, env } = recorded("trello");
    const { out } = await lacre(
      ["verify", ...args, "--origin", "https://a.test", "--at", String(AT), "--file", file],
      { env },
    );
    const text = '{"id":"evt_1","note":"Caf\u00e9 \\u0026 Co"}https://a.test/hooks/x';
    expect(out).toContain(`${Buffer.byteLength(text)} bytes, SHA-256`);
    expect(out).toContain(`\n${text.replace("\u00e9", "\\xC3\\xA9")}\n`);
  });

  it.each(["square", "hubspot", "trello", "zendesk", "twitch", "recurly"])(
    "is explained: a line end behind the content of %s",
    async (name) => {
      const { file, args, env } = recorded(name, (body) =>
        Buffer.concat([body, Buffer.from("\n")]),
      );
      const explained = await lacre(["explain", "--json", ...args, "--client", file], { env });
      const { causes } = JSON.parse(explained.out) as { causes: { id: string }[] };
      expect(causes[0]?.id).toBe("content-line-at-end");
    },
  );
});
