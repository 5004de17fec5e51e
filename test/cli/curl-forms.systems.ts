import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { lacre1 } from "@lacre/core";
import type { Io } from "../../apps/cli/src/io.js";
import { need } from "../support/run.js";
import { JudgingServer } from "./judging-server.js";
import { lacre } from "./lacre.js";

const API_KEY = "lk1_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
const judge = new JudgingServer([{ appId: "demo", apiKey: API_KEY }], [lacre1]);
const folder = mkdtempSync(join(tmpdir(), "lacre-forms-"));

/** What curl sends by itself. */
let plain: { type: string; body: string } | undefined;
const server = createServer((incoming, answer) => {
  const chunks: Buffer[] = [];
  incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
  incoming.on("end", () => {
    const type = incoming.headers["content-type"] ?? "";
    plain = { type, body: Buffer.concat(chunks).toString("latin1") };
    answer.end();
  });
});

beforeAll(async () => {
  need("curl", "apt-get install curl");
  await judge.start();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  writeFileSync(join(folder, "all.bin"), Buffer.from(Array.from({ length: 256 }, (_, i) => i)));
  for (const name of [
    "a.txt",
    "b.html",
    "c.PNG",
    "d.jpeg",
    "e.svg",
    "f.xml",
    "g",
    "h.json",
    'q"q.txt',
  ])
    writeFileSync(join(folder, name), `content of ${name}\n`);
});
afterAll(async () => {
  server.close();
  await judge.stop();
  rmSync(folder, { recursive: true });
});

const run: Io["run"] = (program, words, { env, input }) =>
  new Promise((resolve, reject) => {
    const child = spawn(program, words, { env, stdio: ["pipe", "ignore", "ignore"] });
    child.stdin.end(input);
    child.on("error", reject);
    child.on("close", (code) => resolve(code ?? -1));
  });

const env = { PATH: process.env["PATH"], LACRE_APP_ID: "demo", LACRE_API_KEY: API_KEY };

/** The form without its boundary, which is new each time. */
function formOf({ type, body }: { type: string; body: string }): string {
  const [, boundary = ""] = /^multipart\/form-data; boundary=([\w-]+)$/.exec(type) ?? [];
  expect(boundary).not.toBe("");
  return body.replaceAll(boundary, "BOUNDARY");
}

describe("lacre curl -F", () => {
  it.each([
    [["-F", "a=1", "-F", "b=two words é"]],
    [["-F", "empty=", "--form-string", "raw=@x;type=y", "--form", "c==d"]],
    [["-F", "t=hello;type=text/x-odd"]],
    [["-F", "t=hello;type=text/plain; charset=utf-8"]],
    [["-F", "f=@F/all.bin"]],
    [["-F", "f=@F/a.txt", "-F", "f=@F/b.html", "-F", "f=@F/c.PNG", "-F", "f=@F/d.jpeg"]],
    [["-F", "f=@F/e.svg", "-F", "f=@F/f.xml", "-F", "f=@F/g", "-F", "f=@F/h.json"]],
    [["-F", "f=@F/a.txt;type=application/x-mine;filename=other.dat"]],
    [["-F", 'f=@F/a.txt;filename="na;me, \\"x\\".html"']],
    [["-F", 'n"a\nme=1', "-F", 'f=@F/q"q.txt']],
    [["--form-escape", "-F", 'f=@F/a.txt;filename="b\\"\\\\c"']],
    [["-F", 'f=@"F/a.txt"', "-F", 'v="quoted; value"']],
    [["-F", "t=<F/a.txt", "-F", "u=<F/a.txt;type=text/plain"]],
    [["-X", "PUT", "-F", "a=1"]],
  ])("%j sends what curl itself sends, and it is signed", async (args) => {
    const words = args.map((word) => word.replace(/F\//g, `${folder}/`));
    judge.seen = [];
    const { port } = server.address() as AddressInfo;
    expect(await run("curl", ["-sS", ...words, `http://127.0.0.1:${port}/`], { env })).toBe(0);
    const outcome = await lacre(["curl", "-sS", ...words, `${judge.origin}/`], { env, run });
    expect(outcome).toEqual({ code: 0, out: "", err: "" });
    const [seen] = judge.seen;
    expect(seen).toMatchObject({
      verdict: "accepted",
      method: args.includes("PUT") ? "PUT" : "POST",
    });
    const type = seen?.headers["content-type"] ?? "";
    expect(formOf({ type, body: seen?.body ?? "" })).toBe(formOf(plain ?? { type: "", body: "" }));
  });

  it("takes the standard input for a file", async () => {
    judge.seen = [];
    await lacre(["curl", "-F", "f=@-;filename=x.txt", `${judge.origin}/`], {
      env,
      run,
      stdin: "abc",
    });
    expect(judge.seen[0]).toMatchObject({ verdict: "accepted" });
    expect(judge.seen[0]?.body).toContain(
      'filename="x.txt"\r\nContent-Type: text/plain\r\n\r\nabc\r\n',
    );
  });

  it.each([
    [["-F", "a"], "is no field"],
    [["-F", "a=b;c"], "neither ;type= nor ;filename="],
    [["-F", "a=b;headers=x"], "neither ;type= nor ;filename="],
    [["-F", "a=@x,y"], "has several files"],
    [["-F", "a=(;type=multipart/alternative"], "holds parts of its own"],
    [["-F", "a=@none-such"], "there is no such file"],
    [["-F", "a=1", "-d", "b=1"], "only one of data"],
    [["-F", "a=1", "-H", "Content-Type: multipart/form-data"], "Leave out your own"],
    [["-G", "-F", "a=1"], "only one of data"],
  ])("refuses %j", async (args, reason) => {
    const { code, out, err } = await lacre(["curl", ...args, "http://a.test/"], { env });
    expect([code, out, err]).toEqual([2, "", expect.stringContaining(reason)]);
  });
});
