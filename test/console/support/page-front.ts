import { existsSync, readFileSync, statSync } from "node:fs";
import { createServer, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join } from "node:path";
import { spawnSync } from "node:child_process";

const BUILT = "apps/console/dist/page";
const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
};

/** The built page and a console behind one origin, under the console's own policy. Stands where the console serves no page. */
export class PageFront {
  private constructor(
    readonly server: Server,
    readonly url: string,
  ) {}

  static async start(consoleUrl: string): Promise<PageFront> {
    buildPage();
    const { headers } = await fetch(`${consoleUrl}/v1/ping`);
    const policy = headers.get("content-security-policy") ?? "default-src 'none'";
    const server = createServer((incoming, outgoing) => {
      const path = incoming.url ?? "/";
      if (path.startsWith("/v1/")) {
        const { method, headers: sent } = incoming;
        const onward = request(`${consoleUrl}${path}`, { method, headers: sent }, (answer) => {
          outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
          answer.pipe(outgoing);
        });
        onward.on("error", () => outgoing.destroy());
        incoming.pipe(onward);
        return;
      }
      const file = join(BUILT, path.split("?")[0] ?? "");
      const found = existsSync(file) && statSync(file).isFile() ? file : join(BUILT, "index.html");
      outgoing.writeHead(200, {
        "content-type": TYPES[extname(found)] ?? "application/octet-stream",
        "content-security-policy": policy,
      });
      outgoing.end(readFileSync(found));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return new PageFront(server, `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  }

  close(): void {
    this.server.closeAllConnections();
    this.server.close();
  }
}

/** `PAGE_BUILT=1` takes what is there. */
function buildPage(): void {
  if (process.env.PAGE_BUILT === "1") return;
  const { status, stdout, stderr } = spawnSync("npm", ["run", "-s", "console:page"], {
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`the page cannot be built\n${stdout}${stderr}`);
}
