import { Agent } from "node:http";
import { signGot } from "@lacre/client/got";
import got, { type Method, type OptionsInit } from "got";
import { describeClient, formOf, type CallBody } from "./matrix.js";

function bodyOf(body: CallBody): OptionsInit {
  switch (body.kind) {
    case "json":
      return { json: body.value };
    case "form":
      return { form: body.fields };
    case "bytes":
      return { body: Buffer.from(body.bytes) };
    case "text":
      return { body: body.text };
    case "multipart":
      return { body: formOf(body) };
  }
}

describeClient({
  name: "got",
  retries: false, // got repeats by itself
  redirects: true,
  start(options) {
    const agent = new Agent({ keepAlive: true });
    const call = signGot(got, options).extend({
      agent: { http: agent },
      retry: { limit: 0 },
      throwHttpErrors: false,
    });
    return {
      async call({ method, url, headers = {}, body, timeoutMs }) {
        const answer = (await call(url, {
          method: method as Method,
          headers,
          ...(body && bodyOf(body)),
          ...(timeoutMs !== undefined && { timeout: { request: timeoutMs }, retry: { limit: 2 } }),
        })) as { statusCode: number; body: string };
        return { status: answer.statusCode, text: answer.body };
      },
      async close() {
        agent.destroy();
      },
    };
  },
});
