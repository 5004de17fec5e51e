import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** The files of a page by their paths, such as `/` and `/worker.js`. */
export type Files = Readonly<Record<string, string>>;

/** The type of a file goes by its path. */
export function typeOf(path: string): string {
  if (path.endsWith(".js")) return "text/javascript";
  return path.endsWith("/") ? "text/html" : "application/json";
}

/** An origin of its own for pages and their scripts, which call nobody but whom they are told to. */
export interface PageServer {
  readonly origin: string;
  close(): void;
}

const POLICY = "default-src 'none'; script-src 'self'; worker-src 'self'; connect-src *; img-src *";

/** A page that runs nothing but this script. */
export const pageWith = (script: string): string =>
  `<!doctype html><title>page</title><script src="${script}"></script>`;

export async function servePages(files: Files): Promise<PageServer> {
  const server = createServer(({ url = "" }, response) => {
    const text = files[url];
    response.setHeader("Content-Security-Policy", POLICY);
    response.setHeader("Content-Type", typeOf(url));
    response.writeHead(text === undefined ? 404 : 200).end(text);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
