import { signFetch } from "@lacre/client";
import { describeClient, formOf, type CallBody } from "./matrix.js";

function bodyOf(body: CallBody): RequestInit["body"] {
  switch (body.kind) {
    case "json":
      return JSON.stringify(body.value);
    case "form":
      return new URLSearchParams(body.fields);
    case "bytes":
      return body.bytes;
    case "text":
      return body.text;
    case "multipart":
      return formOf(body);
  }
}

describeClient({
  name: "fetch",
  retries: true,
  redirects: true,
  start(options) {
    const send = signFetch(fetch, options);
    return {
      async call({ method, url, headers = {}, body, timeoutMs }) {
        const type: Record<string, string> =
          body?.kind === "json" ? { "content-type": "application/json" } : {};
        const response = await send(url, {
          method,
          headers: { ...type, ...headers },
          ...(body && { body: bodyOf(body) }),
          ...(timeoutMs !== undefined && { signal: AbortSignal.timeout(timeoutMs) }),
        });
        return { status: response.status, text: await response.text() };
      },
    };
  },
});
