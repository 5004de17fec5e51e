// Calls a server with one of the libraries that are installed here, as `versions.systems.ts` wants it: a POST that comes
// as it was sent, one that is changed on its way, and one whose answer is: node calls.mjs <library> <url>
const [, , library, url] = process.argv;
const options = { appId: "demo", apiKey: process.env.API_KEY, verifyResponses: "require" };
const order = { item: "tea" };

const LIBRARIES = {
  async undici() {
    const { signUndici } = await import("@lacre/client/undici");
    const { Agent, request } = await import("undici");
    const dispatcher = signUndici(new Agent(), options);
    const headers = { "content-type": "application/json" };
    return async (at) => {
      const body = JSON.stringify(order);
      const answer = await request(at, { dispatcher, method: "POST", headers, body });
      return [answer.statusCode, await answer.body.text()];
    };
  },
  async axios() {
    const { signAxios } = await import("@lacre/client/axios");
    const { default: axios } = await import("axios");
    const api = signAxios(axios.create({ validateStatus: () => true, timeout: 60_000 }), options);
    return async (at) => {
      const { status, data } = await api.post(at, order, { responseType: "text" });
      return [status, data];
    };
  },
  async got() {
    const { signGot } = await import("@lacre/client/got");
    const { default: got } = await import("got");
    const api = signGot(got, options);
    return async (at) => {
      const timeout = { request: 60_000 };
      const settings = { json: order, throwHttpErrors: false, retry: { limit: 0 }, timeout };
      const { statusCode, body } = await api.post(at, settings);
      return [statusCode, body];
    };
  },
  async supertest() {
    const { signSupertest } = await import("@lacre/client/supertest");
    const { default: supertest } = await import("supertest");
    const agent = signSupertest(supertest.agent(url), options);
    return async (at) => {
      const { status, text } = await agent.post(at.slice(url.length)).send(order);
      return [status, text];
    };
  },
  async "@nestjs/axios"() {
    await import("reflect-metadata");
    const { HttpService } = await import("@nestjs/axios");
    const { NestFactory } = await import("@nestjs/core");
    const { HmacHttpModule } = await import("@lacre/client/nest");
    const { lastValueFrom } = await import("rxjs");
    const axios = { validateStatus: () => true, responseType: "text" };
    const module = HmacHttpModule.register({ ...options, axios });
    const context = await NestFactory.createApplicationContext(module, { logger: ["error"] });
    return async (at) => {
      const { status, data } = await lastValueFrom(context.get(HttpService).post(at, order));
      return [status, data];
    };
  },
};

const call = await LIBRARIES[library]();
const outcomes = {};
for (const what of ["sent", "changed", "answer-changed"])
  outcomes[what] = await call(`${url}/${what}`).catch(({ message }) => message.split(":", 1)[0]);
console.log(JSON.stringify(outcomes));
process.exit(0);
