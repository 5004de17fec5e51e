import formbody from "@fastify/formbody";
import multipart from "@fastify/multipart";
import fastify from "fastify";
import { createGate } from "@lacre/node";

const gate = createGate({ apps: { demo: process.env.DEMO_KEY ?? "" }, origins: "*" });
const app = fastify();
await app.register(formbody);
await app.register(multipart, { attachFieldsToBody: "keyValues" });
app.addContentTypeParser("application/octet-stream", (request, payload, done) => done(null));

app.post("/orders", { onRequest: gate.hook() }, (request) => {
  return { by: request.principal.appId, body: request.body };
});
app.post("/uploads", { onRequest: gate.hook({ body: "stream" }) }, async (request) => {
  let bytes = 0;
  for await (const chunk of request.raw) bytes += chunk.byteLength;
  return { by: request.principal.appId, bytes };
});

await gate.start();
await app.listen({ port: Number(process.env.PORT ?? 3000) });
export const { server } = app;
