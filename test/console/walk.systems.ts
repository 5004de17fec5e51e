import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { startChromium } from "../support/chromium.js";
import { ServiceProcess } from "./processes/processes.js";
import { base32, codeAt } from "./support/authenticator-app.js";
import { ConsoleProcess } from "./support/console-process.js";
import { until } from "./support/registry.js";

/*
 * The whole way, as somebody goes it on their first day: a console as it is started by hand, its page in a browser, and a
 * service that reads its keys from it, each a process of its own. Needs `npm run build` and `npm run console:page`.
 */

const PASSWORD = "candle harbour ninety";
const folder = mkdtempSync(join(tmpdir(), "lacre-walk-"));
let lacre: ConsoleProcess;
let browser: Browser;
let context: BrowserContext;
let page: Page;
let service: ServiceProcess | undefined;
const complaints: string[] = [];

beforeAll(async () => {
  lacre = await ConsoleProcess.start({ CONSOLE_DATA: folder });
  browser = await startChromium();
  context = await browser.newContext({ baseURL: lacre.url, locale: "en", reducedMotion: "reduce" });
  page = await context.newPage();
  page.setDefaultTimeout(15_000);
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
});
afterAll(async () => {
  await service?.end();
  await browser?.close();
  await lacre?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const button = (name: string | RegExp) => page.getByRole("button", { name });
const inDialog = (name: string | RegExp) =>
  page.getByRole("dialog").getByRole("button", { name, exact: true });
const heading = (name: string | RegExp) => page.getByRole("heading", { level: 1, name }).waitFor();

/** The digits go on by themselves from one box to the next. */
async function typeCode(code: string): Promise<void> {
  await page.getByLabel("Digit of the code").first().focus();
  await page.keyboard.type(code);
}

/** Reads the key that is shown once, and says that it is kept. */
async function keepKey(): Promise<string> {
  const key = await page.getByRole("list", { name: "Key" }).innerText();
  expect(await inDialog("Done").isDisabled()).toBe(true);
  await page.keyboard.press("Escape"); // not by a slip
  await page.getByLabel(/I have kept it/).check();
  await inDialog("Done").click();
  await page.getByRole("dialog").waitFor({ state: "hidden" });
  expect(await page.content()).not.toContain(key);
  return key.trim();
}

/** Makes an app or a service, and its first key. */
async function make(what: "New app" | "New service", id: string): Promise<string> {
  await page.getByRole("link", { name: "Apps", exact: true }).first().click();
  await heading("Apps");
  await button(what).first().click();
  await page.getByLabel("AppId").fill(id);
  await page.getByRole("dialog").getByLabel("Team").selectOption({ label: "Checkout" });
  await inDialog("Create").click();
  await heading(id);
  await button("Issue a key").first().click();
  await inDialog("Issue a key").click();
  return keepKey();
}

async function actOnKey(row: number, act: string): Promise<void> {
  await button(/^What can be done with/)
    .nth(row)
    .click();
  await page.getByRole("menuitem", { name: act }).click();
}

it("goes from the first start to a refusal that is explained", async () => {
  // The link of the first start, on the terminal alone.
  const [, token = ""] = /\S+\/enrol#(\S+)/.exec(lacre.output) ?? [];
  expect(token).not.toBe("");
  await page.goto(`/enrol#${token}`);
  await page.getByLabel("Your name").fill("Ana Figueiredo");
  await page.getByLabel("Login").fill("ana");
  await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await button("Continue").click();
  const typed = page.getByLabel("Or type this key into the app");
  const seed = base32((await typed.innerText()).replaceAll(/\s/g, ""));
  await typeCode(codeAt(seed, Date.now()));
  await button("Confirm").click();
  await page.getByLabel("I have kept them in a safe place").check();
  await button("Open the console").click();
  await heading("Refusals");
  await page.getByText("No service has told of a call yet").waitFor();

  // Out, and in again with both factors.
  await button(/Ana Figueiredo/).click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await page.getByLabel("Login").fill("ana");
  await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await button("Continue").click();
  await typeCode(codeAt(seed, Date.now() + 30_000)); // that of now is used
  await heading("Refusals");

  await page.getByRole("link", { name: "Teams" }).click();
  await button("Add a team").first().click();
  await page.getByRole("dialog").getByLabel("Name").fill("Checkout");
  await page.getByRole("dialog").getByRole("button").last().click();
  await page.getByRole("dialog").waitFor({ state: "hidden" });

  const serviceKey = await make("New service", "orders-api");
  const firstKey = await make("New app", "shop");
  const caller = { url: lacre.url, appId: "orders-api", apiKey: serviceKey };
  service = await ServiceProcess.start({
    store: caller,
    verdicts: { ...caller, intervalSeconds: 1 },
  });
  const call = (apiKey: string): Promise<number> =>
    service?.call({ appId: "shop", apiKey }) ?? Promise.resolve(0);
  await until(async () => (await call(firstKey)) === 200);

  // Rotated: both keys open, and the page says who still uses the old one.
  await actOnKey(0, "Rotate");
  await page.getByLabel("in a week").check();
  await inDialog("Rotate").click();
  const secondKey = await keepKey();
  await until(async () => (await call(secondKey)) === 200);
  expect(await call(firstKey)).toBe(200);
  await until(async () => {
    await page.reload();
    const note = page.getByText(/The old key is still used from 1 place/);
    return note.waitFor({ timeout: 3000 }).then(
      () => true,
      () => false,
    );
  });
  await page.getByRole("img", { name: "Lives of its keys" }).waitFor();

  // Revoked: said first what it breaks, and refused within the stated time.
  await actOnKey(1, "Revoke");
  await page.getByText(/^Used .* from .*, .* today\.$/).waitFor();
  await page.getByText("Another live key stays.").waitFor();
  await page.getByLabel("Reason, for the log").fill("It stood in a chat.");
  await inDialog("Revoke").click();
  await page.getByRole("dialog").waitFor({ state: "hidden" });

  // The refusal comes into the tail by itself, and into the chart; the new key goes on.
  await page.getByRole("link", { name: "Refusals" }).click();
  await heading("Refusals");
  await page.getByText("Live", { exact: true }).waitFor();
  await until(async () => (await call(firstKey)) === 401);
  expect(await call(secondKey)).toBe(200);
  const refused = page.getByRole("table", { name: "One by one" }).getByRole("row").nth(1);
  await refused.getByText("Signature does not match").waitFor();
  await page.getByRole("table", { name: "By app and reason" }).getByText("shop").waitFor();
  await page.getByRole("img", { name: "Calls over time" }).waitFor();

  await refused.getByRole("link", { name: /^Explain/ }).click();
  await heading("Revoked key used");
  await page.getByRole("heading", { name: "What is likely behind it" }).waitFor();
  const note = await page
    .getByRole("region", { name: "Note for the caller's developer" })
    .first()
    .innerText();
  expect(note).toContain("shop");

  // Nothing of it is kept in the browser, and nothing went wrong in it.
  const kept = await page.evaluate("JSON.stringify([localStorage, sessionStorage, location.href])");
  for (const secret of [firstKey, secondKey, serviceKey, PASSWORD])
    expect(kept).not.toContain(secret);
  expect(complaints.filter((text) => !/status of 40[01]/.test(text))).toEqual([]);
}, 180_000);
