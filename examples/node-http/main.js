import { createServer } from "node:http";
import { text } from "node:stream/consumers";
import { createGate } from "@lacre/node";

const gate = createGate({ apps: { demo: process.env.DEMO_KEY ?? "" }, origins: "*" });
const STREAMED = { body: "stream" };

async function answer(request, response) {
  const rule = request.url === "/uploads" ? STREAMED : undefined;
  const caller = await gate.admit(request, response, rule);
  if (caller === undefined) return; // refused, and answered
  const body = await text(request); // throws where streamed content is not what was signed
  response.setHeader("Content-Type", "application/json");
  response.end(JSON.stringify({ by: caller.appId, body, bytes: Buffer.byteLength(body) }));
}

await gate.start();
export const server = createServer((request, response) => {
  answer(request, response).catch(() => response.destroy());
});
server.listen(Number(process.env.PORT ?? 3000));
