import express from "express";
import multer from "multer";
import { createGate } from "@lacre/node";

const gate = createGate({ apps: { demo: process.env.DEMO_KEY ?? "" }, origins: "*" });
const app = express();

app.post("/uploads", gate.middleware({ body: "stream" }), async (request, response) => {
  let bytes = 0;
  for await (const chunk of request) bytes += chunk.byteLength;
  response.json({ by: request.principal.appId, bytes });
});
app.use(gate.middleware()); // before the body parsers, which see every byte all the same
app.use(express.json(), express.urlencoded({ extended: true }), multer().single("file"));
app.post("/orders", (request, response) => {
  response.json({ by: request.principal.appId, body: request.body, file: request.file?.size });
});

await gate.start();
export const server = app.listen(Number(process.env.PORT ?? 3000));
