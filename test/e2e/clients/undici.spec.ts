import { signUndici } from "@lacre/client/undici";
import { Agent, FormData, request } from "undici";
import { describeClient, type CallBody } from "./matrix.js";

function bodyOf(body: CallBody): string | Uint8Array | FormData {
  switch (body.kind) {
    case "json":
      return JSON.stringify(body.value);
    case "form":
      return new URLSearchParams(body.fields).toString();
    case "bytes":
      return body.bytes;
    case "text":
      return body.text;
    case "multipart": {
      const form = new FormData();
      for (const [name, value] of Object.entries(body.fields)) form.set(name, value);
      form.set("file", new Blob([body.file]), "a.bin");
      return form;
    }
  }
}

const TYPES: Partial<Record<CallBody["kind"], string>> = {
  json: "application/json",
  form: "application/x-www-form-urlencoded",
};

describeClient({
  name: "undici",
  retries: true,
  redirects: true,
  start(options) {
    const agent = new Agent();
    const dispatcher = signUndici(agent, options);
    return {
      async call({ method, url, headers = {}, body, timeoutMs }) {
        const type = body && TYPES[body.kind];
        const answer = await request(url, {
          dispatcher,
          method: method as "GET",
          headers: { ...(type !== undefined && { "content-type": type }), ...headers },
          ...(body && { body: bodyOf(body) }),
          ...(timeoutMs !== undefined && { signal: AbortSignal.timeout(timeoutMs) }),
        });
        return { status: answer.statusCode, text: await answer.body.text() };
      },
      close: () => agent.close(),
    };
  },
});
