import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** A file of a page: its type goes by the end of its name. */
export type Files = Readonly<Record<string, string>>;

/** An origin of its own for pages and their scripts, which call nobody but whom they are told to. */
export interface PageServer {
  readonly origin: string;
  close(): void;
}

const POLICY = "default-src 'none'; script-src 'self'; worker-src 'self'; connect-src *";

/** A page that runs nothing but this script. */
export const pageWith = (script: string): string =>
  `<!doctype html><title>page</title><script src="${script}"></script>`;

/** Serves files by their paths, such as `/` and `/worker.js`. */
export async function servePages(files: Files): Promise<PageServer> {
  const server = createServer(({ url = "" }, response) => {
    const path = url.split("?")[0] as string;
    const text = files[path];
    response.setHeader("Content-Security-Policy", POLICY);
    response.setHeader("Content-Type", path.endsWith(".js") ? "text/javascript" : "text/html");
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
