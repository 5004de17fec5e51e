// Sends one file with one of the clients, and says how much memory that took at most: node upload.mjs <client> <url> <file>
import { createReadStream, openAsBlob, readFileSync } from "node:fs";
import { signFetch } from "@lacre/client";
import { signAxios } from "@lacre/client/axios";
import { signGot } from "@lacre/client/got";
import { signUndici } from "@lacre/client/undici";
import axios from "axios";
import got from "got";
import { Agent, request } from "undici";

const [, , client, url, file] = process.argv;
const options = { appId: "demo", apiKey: process.env.API_KEY, verifyResponses: "require" };
const headers = { "content-type": "application/octet-stream" };

const SENDERS = {
  async fetch() {
    const response = await signFetch(fetch, options)(url, {
      method: "PUT",
      headers,
      body: await openAsBlob(file),
    });
    return response.text();
  },
  async undici() {
    const dispatcher = signUndici(new Agent(), options);
    const body = createReadStream(file);
    const answer = await request(url, { dispatcher, method: "PUT", headers, body });
    return answer.body.text();
  },
  async axios() {
    const instance = signAxios(axios.create(), options);
    const answer = await instance.put(url, createReadStream(file), {
      headers,
      responseType: "text",
    });
    return answer.data;
  },
  async got() {
    return signGot(got, options)
      .put(url, { headers, body: createReadStream(file) })
      .text();
  },
};

const answer = await SENDERS[client]();
// resourceUsage() would count what the parent had when it started this process.
const [, kilobytes] = /^VmHWM:\s*(\d+) kB$/m.exec(readFileSync("/proc/self/status", "utf8"));
const peakBytes = Number(kilobytes) * 1024;
console.log(JSON.stringify({ answer, peakBytes }));
process.exit(0);
