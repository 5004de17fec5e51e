// Asks for a long answer with one of the clients, or with its library alone, which lets go of the bytes as they come, and
// says how much memory that took: node flood.mjs <client> <url> <maxAnswerBytes> <signed | alone>
import { readFileSync } from "node:fs";
import { get } from "node:http";
import { signFetch } from "@lacre/client";
import { signAxios } from "@lacre/client/axios";
import { signGot } from "@lacre/client/got";
import { Signer } from "@lacre/client/signer";
import { signSupertest } from "@lacre/client/supertest";
import { signUndici } from "@lacre/client/undici";
import axios from "axios";
import got from "got";
import supertest from "supertest";
import { Agent, request } from "undici";

const [, , client, url, maxAnswerBytes, how] = process.argv;
const options = {
  appId: "demo",
  apiKey: process.env.API_KEY,
  maxAnswerBytes: Number(maxAnswerBytes),
  retries: 0,
};

const call = signFetch(fetch, options);
const dispatcher = signUndici(new Agent(), options);
const instance = signAxios(axios.create(), options);
const extended = signGot(got, options);
const signed = {
  fetch: (at) => call(at).then((answer) => answer.text()),
  undici: (at) => request(at, { dispatcher }).then(({ body }) => body.text()),
  axios: (at) => instance.get(at, { responseType: "text" }),
  "axios-fetch": (at) => instance.get(at, { responseType: "text", adapter: "fetch" }),
  got: (at) => extended(at).text(),
  supertest: async (at) => signSupertest(supertest(at).get(""), options),
};

const signer = new Signer({ appId: options.appId, apiKey: options.apiKey });
const headersFor = (at) => Object.fromEntries(signer.sign({ method: "GET", url: at }).headers);
const streamed = (at) => ({ responseType: "stream", headers: headersFor(at) });
const alone = {
  fetch: async (at) => (await fetch(at, { headers: headersFor(at) })).body,
  undici: async (at) => (await request(at, { headers: headersFor(at) })).body,
  axios: async (at) => (await axios.get(at, streamed(at))).data,
  "axios-fetch": async (at) => (await axios.get(at, { ...streamed(at), adapter: "fetch" })).data,
  got: async (at) => got.stream(at, { headers: headersFor(at) }),
  supertest: (at) => new Promise((take) => get(at, { headers: headersFor(at) }, take)),
};
async function letGo(chunks) {
  for await (const _ of chunks);
}

const ask = how === "signed" ? signed[client] : async (at) => letGo(await alone[client](at));
// What the client takes for an answer in itself is there before the flood.
await ask(`${url}/small`);
const memory = () => {
  const [, kilobytes] = /^VmHWM:\s*(\d+) kB$/m.exec(readFileSync("/proc/self/status", "utf8"));
  return Number(kilobytes) * 1024;
};
const before = memory();
const outcome = await ask(`${url}/flood`).then(
  () => "read",
  ({ message }) => message,
);
console.log(JSON.stringify({ outcome, grownBytes: memory() - before }));
process.exit(0);
