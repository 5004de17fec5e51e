import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { startChromium } from "../../support/chromium.js";
import type { ConsoleSettings } from "../../../apps/console/src/start/settings.js";
import type { Databases } from "./databases.js";
import { TestConsole } from "./test-console.js";

export const THEMES = ["light", "dark"] as const;
export const LANGUAGES = ["en", "es", "pt"] as const;
export type Look = {
  readonly theme: (typeof THEMES)[number];
  readonly language: (typeof LANGUAGES)[number];
  readonly width?: number;
  /** For axe, which has to get in: the policy of the page is not applied. */
  readonly withoutPolicy?: boolean;
};

const AXE = readFileSync("node_modules/axe-core/axe.min.js", "utf8");
const SHOTS = "test/console/screenshots";

/** A console with its page, and a Chromium that looks at it. */
export class ConsolePage {
  private constructor(
    readonly console: TestConsole,
    readonly url: string,
    readonly browser: Browser,
  ) {}

  /** `PAGE_BUILT=1` in the environment takes the page as it was built last. */
  static async start(
    databases: Databases,
    settings: Partial<ConsoleSettings> = {},
  ): Promise<ConsolePage> {
    if (process.env.PAGE_BUILT !== "1") buildPage();
    const port = await freePort();
    // Not an address: a passkey belongs to a name.
    const origin = `http://localhost:${port}`;
    const console = await TestConsole.start(databases, { port, settings: { origin, ...settings } });
    return new ConsolePage(console, origin, await startChromium());
  }

  async close(): Promise<void> {
    await this.browser.close();
    await this.console.close();
  }

  /** Somebody who looks at the page. Without a token they have not signed in. */
  async visitor(look: Look, token?: string): Promise<Visitor> {
    const context = await this.browser.newContext({
      baseURL: this.url,
      viewport: { width: look.width ?? 1280, height: look.width === undefined ? 800 : 740 },
      colorScheme: look.theme,
      locale: look.language,
      timezoneId: "America/Sao_Paulo",
      reducedMotion: "reduce",
      bypassCSP: look.withoutPolicy ?? false,
    });
    if (token !== undefined) await this.#holdSession(context, token);
    return new Visitor(context, await context.newPage());
  }

  /** Stands for the session cookie: the browser gets an access token, as if its cookie had been renewed. */
  async #holdSession(context: BrowserContext, given: string): Promise<void> {
    await context.addInitScript({ content: `localStorage.setItem("lacre.session", "1")` });
    await context.route("**/v1/token", async (route) => {
      const token = await this.console.anew(given);
      const expiresAt = new Date(Date.now() + 300_000).toISOString();
      await route.fulfill({ json: { token, expiresAt } });
    });
  }
}

function buildPage(): void {
  const { status, stdout, stderr } = spawnSync("npm", ["run", "-s", "console:page"], {
    encoding: "utf8",
    env: { ...process.env, NODE_ENV: "production" }, // else it is React's build for development
  });
  if (status !== 0) throw new Error(`the page cannot be built\n${stdout}${stderr}`);
}

/** The console must know its origin before it listens. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

export class Visitor {
  /** What the browser complained about. */
  readonly complaints: string[] = [];

  constructor(
    readonly context: BrowserContext,
    readonly page: Page,
  ) {
    page.on("console", (message) => {
      if (message.type() === "error" || message.type() === "warning")
        this.complaints.push(message.text());
    });
    page.on("pageerror", (error) => this.complaints.push(String(error)));
  }

  /** From now on in another theme: the page follows its system. */
  async theme(colorScheme: Look["theme"]): Promise<void> {
    await this.page.emulateMedia({ colorScheme });
    await this.page.locator(`html[data-mantine-color-scheme="${colorScheme}"]`).waitFor();
    // Colours move to their new place for a moment.
    await this.page.evaluate("Promise.all(document.getAnimations().map((it) => it.finished))");
  }

  /** Opens a page, and waits until it shows what it has. */
  async open(path: string): Promise<void> {
    await this.page.goto(path);
    await this.settled();
  }

  async settled(): Promise<void> {
    await this.page.waitForLoadState("load"); // a live tail never ends, so the network may never be idle
    await this.page.locator("h1").first().waitFor();
    // No grey lines that stand for words.
    const lines = this.page.locator('[role="status"] > [aria-hidden]');
    await lines.first().waitFor({ state: "detached" });
  }

  /** What axe finds wrong: rule and place. Needs a look without the policy. */
  async faults(): Promise<string[]> {
    await this.page.evaluate(AXE);
    return this.page.evaluate(async () => {
      const { axe } = globalThis as unknown as {
        axe: {
          run: (options: object) => Promise<{
            violations: { id: string; nodes: { html: string; failureSummary: string }[] }[];
          }>;
        };
      };
      const { violations } = await axe.run({ resultTypes: ["violations"] });
      return violations.flatMap(({ id, nodes }) =>
        nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 160)} ${failureSummary}`),
      );
    });
  }

  /** How far it scrolls to the side, in pixels. */
  overflow(): Promise<number> {
    return this.page.evaluate<number>(
      "document.documentElement.scrollWidth - document.documentElement.clientWidth",
    );
  }

  async shoot(name: string): Promise<void> {
    mkdirSync(SHOTS, { recursive: true });
    await this.page.screenshot({ path: `${SHOTS}/${name}.png` });
  }

  close(): Promise<void> {
    return this.context.close();
  }
}
