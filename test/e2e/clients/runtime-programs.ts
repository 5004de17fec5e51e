import { DEMO_KEY } from "../../support/app.js";

const SIGNED = { appId: "demo", apiKey: DEMO_KEY, verifyResponses: "require", retries: 0 };

/** What every client does here: `calls(get, post)` prints what came of each. */
const COMMON = `
  const signed = ${JSON.stringify(SIGNED)};
  const tea = { item: "tea", to: "té" };
  const json = { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(tea) };
  const outcome = async (ask) => {
    try {
      return await ask();
    } catch (error) {
      return [error.name, error.fault ?? error.message];
    }
  };
  const calls = async (get, post, { url, changing }) => ({
    get: await outcome(() => get(url + "/orders?x=%20&y=a+b")),
    post: await outcome(() => post(url + "/orders")),
    changed: await outcome(() => post(changing + "/orders")),
  });
`;

/** Bun and Deno: `program <url> <url of the proxy>` prints what came of each client. */
export const CLIENTS_ELSEWHERE = `
  import { signFetch } from "@lacre/client";
  import { signAxios } from "@lacre/client/axios";
  import { signGot } from "@lacre/client/got";
  import { signSupertest } from "@lacre/client/supertest";
  import { signUndici } from "@lacre/client/undici";
  import axios from "axios";
  import got from "got";
  import supertest from "supertest";
  import * as undici from "undici";
  ${COMMON}
  const [url, changing] = process.argv.slice(-2);
  const results = {};
  const client = async (name, make) => {
    try {
      const { get, post } = make();
      results[name] = await calls(get, post, { url, changing });
    } catch (error) {
      results[name] = error.message;
    }
  };
  const ofFetch = async (response) => [response.status, await response.text()];
  await client("fetch", () => {
    const call = signFetch(fetch, signed);
    return { get: async (to) => ofFetch(await call(to)), post: async (to) => ofFetch(await call(to, json)) };
  });
  await client("undici", () => {
    const dispatcher = signUndici(new undici.Agent(), signed);
    const call = async (to, init) => {
      const { statusCode, body } = await undici.request(to, { dispatcher, ...init });
      return [statusCode, await body.text()];
    };
    return { get: call, post: (to) => call(to, json) };
  });
  for (const adapter of ["http", "fetch"])
    await client("axios, " + adapter, () => {
      const made = { adapter, validateStatus: () => true, responseType: "text", transformResponse: (data) => data };
      const api = signAxios(axios.create(made), signed);
      const seen = ({ status, data }) => [status, data];
      return { get: async (to) => seen(await api.get(to)), post: async (to) => seen(await api.post(to, tea)) };
    });
  await client("got", () => {
    const api = signGot(got.extend({ throwHttpErrors: false }), signed);
    const seen = ({ statusCode, body }) => [statusCode, body];
    return { get: async (to) => seen(await api(to)), post: async (to) => seen(await api.post(to, { json: tea })) };
  });
  await client("supertest", () => {
    const seen = ({ status, text }) => [status, text];
    const agent = (to) => signSupertest(supertest.agent(new URL(to).origin), signed);
    return {
      get: async (to) => seen(await agent(to).get(to.slice(new URL(to).origin.length))),
      post: async (to) => seen(await agent(to).post(new URL(to).pathname).send(tea)),
    };
  });
  console.log("RESULT " + JSON.stringify(results));
  process.exit(0);
`;

/** Sends on what comes in, for one request. */
export const EDGE = `
  import { signFetch } from "@lacre/client";
  const [url, port] = process.argv.slice(-2);
  const call = signFetch(fetch, ${JSON.stringify(SIGNED)});
  const onward = (incoming) => call(new Request(url + "/orders?x=1", incoming));
  const options = { port: Number(port), hostname: "127.0.0.1" };
  if (globalThis.Deno) Deno.serve(options, onward);
  else Bun.serve({ ...options, fetch: onward });
`;

/** workerd: answers with what came of each client. */
export const CLIENTS_IN_A_WORKER = `
  import { env } from "cloudflare:workers";
  import { signFetch } from "@lacre/client";
  import { signAxios } from "@lacre/client/axios";
  import axios from "axios";
  ${COMMON}
  const call = signFetch(fetch, signed);
  const api = signAxios(axios.create({ validateStatus: () => true, transformResponse: (data) => data }), signed);
  const ofFetch = async (response) => [response.status, await response.text()];
  const ofAxios = ({ status, data }) => [status, data];
  export default {
    async fetch() {
      const where = { url: env.LACRE_URL, changing: env.CHANGING };
      return Response.json({
        fetch: await calls(
          async (to) => ofFetch(await call(to)),
          async (to) => ofFetch(await call(to, json)),
          where,
        ),
        axios: await calls(
          async (to) => ofAxios(await api.get(to)),
          async (to) => ofAxios(await api.post(to, tea)),
          where,
        ),
      });
    },
  };`;

/** workerd: sends one request that `Signer` has signed. */
export const SIGNER_IN_A_WORKER = `
  import { env } from "cloudflare:workers";
  import { Signer } from "@lacre/client/signer";
  const signer = new Signer({ appId: env.LACRE_APP_ID, apiKey: env.LACRE_API_KEY });
  export default {
    async fetch() {
      const ready = { method: "POST", url: env.LACRE_URL + "/orders", content: new TextEncoder().encode("tea") };
      const { headers } = signer.sign(ready);
      return fetch(ready.url, { method: "POST", headers: Object.fromEntries(headers), body: ready.content });
    },
  };`;
