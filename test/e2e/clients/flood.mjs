// Asks for an answer without an end with one of the clients, and says how much memory that took: node flood.mjs <client> <url>
import { readFileSync } from "node:fs";
import { signFetch } from "@lacre/client";
import { signAxios } from "@lacre/client/axios";
import { signGot } from "@lacre/client/got";
import { signUndici } from "@lacre/client/undici";
import axios from "axios";
import got from "got";
import { Agent, request } from "undici";

const [, , client, url, maxAnswerBytes] = process.argv;
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
const CALLS = {
  fetch: (at) => call(at).then((answer) => answer.text()),
  undici: (at) => request(at, { dispatcher }).then(({ body }) => body.text()),
  axios: (at) => instance.get(at, { responseType: "text" }),
  "axios-fetch": (at) => instance.get(at, { responseType: "text", adapter: "fetch" }),
  got: (at) => extended(at).text(),
};

// What the client takes for an answer in itself is there before the flood.
await CALLS[client](`${url}/small`);
const memory = () => {
  const [, kilobytes] = /^VmHWM:\s*(\d+) kB$/m.exec(readFileSync("/proc/self/status", "utf8"));
  return Number(kilobytes) * 1024;
};
const before = memory();
const outcome = await CALLS[client](`${url}/flood`).then(
  () => "believed",
  ({ message }) => message,
);
console.log(JSON.stringify({ outcome, grownBytes: memory() - before }));
process.exit(0);
