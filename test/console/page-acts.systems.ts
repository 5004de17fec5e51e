import { sql } from "drizzle-orm";
import { Signer } from "@lacre/core";
import { refusals } from "../../apps/console/src/database/tables.js";
import { fillWeek, type Week } from "./support/believable-week.js";
import { embedded } from "./support/databases.js";
import { explainProgram } from "./support/explain-program.js";
import { ConsolePage, type Visitor } from "./support/page.js";

/** What people do with apps, refusals and requests, as they see it. */
describe("acts on the console's page", () => {
  let console: ConsolePage;
  let week: Week;
  let visitor: Visitor;

  beforeAll(async () => {
    console = await ConsolePage.start(embedded(), { explainProgram: await explainProgram() });
    week = await fillWeek(console.console);
  });
  afterAll(() => console.close());

  const visit = async (path: string, token = week.operator): Promise<Visitor["page"]> => {
    visitor = await console.visitor({ theme: "light", language: "en" }, token);
    visitor.page.setDefaultTimeout(15_000);
    await visitor.open(path);
    return visitor.page;
  };
  afterEach(() => visitor.close());

  it("shows what somebody else has changed meanwhile, and keeps both changes", async () => {
    const page = await visit("/apps/probe/limits");
    await page.getByRole("button", { name: "Edit" }).click();
    await page.getByLabel("in a minute").fill("30");
    const one = await console.console.ask("/v1/apps/probe", { token: week.admin });
    const theirs = await console.console.ask("/v1/apps/probe", {
      method: "PATCH",
      token: week.admin,
      headers: { "if-match": one.headers.get("etag") ?? "" },
      body: { networks: ["10.0.0.0/24"] },
    });
    expect(theirs.status).toBe(200);
    await page.getByRole("button", { name: "Save" }).click();
    const told = page.getByRole("dialog").getByRole("alert");
    await told.getByText("Somebody else has saved this meanwhile").waitFor();
    await told.getByRole("row", { name: /Networks/ }).waitFor();
    await visitor.shoot("act-412");
    expect(await page.getByLabel("in a minute").inputValue()).toBe("30");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByRole("dialog").waitFor({ state: "hidden" });
    const { body } = await console.console.ask("/v1/apps/probe", { token: week.admin });
    expect(body).toMatchObject({ networks: ["10.0.0.0/24"], limits: { perMinute: 30 } });
  });

  it("narrows the refusals by a click, in the address, and finds the way back", async () => {
    const page = await visit("/?range=7d");
    const table = page.getByRole("table", { name: "By app and reason" });
    await table.getByRole("button", { name: "partner-nordwind" }).first().click();
    await page.waitForURL(/app=partner-nordwind/);
    await table.getByText("shop-web").first().waitFor({ state: "detached" });
    await table.getByRole("button", { name: "Signature does not match" }).click();
    await page.waitForURL(/code=signature-mismatch/);
    const rows = page.getByRole("table", { name: "One by one" }).getByRole("row");
    await visitor.settled();
    const others = page.getByRole("main").getByText("courier-mobile");
    await others.first().waitFor({ state: "detached" });
    expect(await rows.nth(1).innerText()).toContain("partner-nordwind");
    await visitor.shoot("act-narrowed");
    await page.getByRole("button", { name: "Remove the filter partner-nordwind" }).click();
    await page.waitForURL(({ searchParams }) => !searchParams.has("app"));
  });

  it("holds the live tail back while it is paused, and brings what came meanwhile", async () => {
    const page = await visit("/");
    await page.getByText("Live", { exact: true }).waitFor();
    await page.getByRole("button", { name: "Pause" }).click();
    const { db } = console.console.database;
    const [made] = await db
      .insert(refusals)
      .values({
        ...{ at: new Date(), service: "orders-api", code: "host-unknown", status: 401 },
        ...{ appId: "probe", proven: false, method: "PUT", route: "/paused", requestId: "r1" },
        detail: { message: "the host is none of the origins" },
      })
      .returning();
    await db.execute(sql`select pg_notify('lacre_verdicts', ${`${made?.id} ${made?.id}`})`);
    await page.getByText("1 new one waits").waitFor();
    expect(await page.getByText("PUT /paused").count()).toBe(0);
    await page.getByRole("button", { name: "Go on" }).click();
    await page.getByText("PUT /paused").waitFor();
  });

  it("shows the twelve steps of a pasted request, and where two texts differ", async () => {
    const { body } = await console.console.ask("/v1/apps/probe/keys", {
      token: week.operator,
      body: {},
    });
    const signer = new Signer({ appId: "probe", apiKey: body.apiKey });
    const { headers } = signer.sign({ method: "GET", url: "https://api.example.com/orders?a=1" });
    const raw = ["GET /orders?a=1 HTTP/1.1", "Host: api.example.com"];
    for (const [name, value] of headers) raw.push(`${name}: ${value}`);
    const page = await visit("/try");
    const paste = async (text: string): Promise<void> => {
      await page.getByRole("textbox", { name: "Request" }).fill(text);
      await page.getByRole("button", { name: "Try it" }).click();
      await page.getByRole("heading", { name: "Step by step" }).waitFor();
    };
    await paste(`${raw.join("\r\n")}\r\n\r\n`);
    await page.getByText("It would be accepted").waitFor();
    const steps = page.getByRole("region", { name: "Step by step" }).getByRole("listitem");
    expect(await steps.count()).toBe(12);
    await visitor.shoot("act-try-accepted");
    const signed = await page
      .getByRole("region", { name: "The text that a signature is made of" })
      .locator("pre")
      .innerText();
    await paste(`${raw.join("\r\n").replace("a=1", "a=2")}\r\n\r\n`);
    await page.getByText("It would be refused: Signature does not match").waitFor();
    expect(await steps.filter({ hasText: "not reached" }).count()).toBeGreaterThan(0);
    await page.getByLabel("What the caller signed").fill(signed);
    await page.getByText("They differ in 1 line.").waitFor();
    await visitor.shoot("act-try-refused");
    expect(visitor.complaints).toEqual([]);
  });

  it("offers to a developer what they may do, and nothing else", async () => {
    const page = await visit("/apps", week.developer);
    await page.getByRole("link", { name: "shop-web" }).waitFor();
    expect(await page.getByRole("button", { name: "New app" }).count()).toBe(0);
    expect(await page.getByRole("link", { name: "partner-nordwind" }).count()).toBe(0);
    await page.getByRole("link", { name: "shop-web" }).click();
    await page.getByRole("link", { name: "Keys", exact: true }).click();
    await page.getByRole("img", { name: "Lives of its keys" }).waitFor();
    expect(await page.getByRole("button", { name: "Issue a key" }).count()).toBe(0);
    await page
      .getByRole("button", { name: /^What can be done/ })
      .first()
      .click();
    await page.getByRole("menuitem", { name: "Rotate" }).waitFor();
    await visitor.shoot("act-developer");
  });

  it("keeps the session while the console asks for patience, or the network is away", async () => {
    const page = await visit("/apps");
    const answers = [
      { status: 429, headers: { "retry-after": "1" }, json: { code: "slow-down" } },
      { status: 503, json: { code: "unavailable" } },
    ];
    await visitor.context.route("**/v1/token", async (route) => {
      const answer = answers.shift();
      await (answer === undefined ? route.fallback() : route.fulfill(answer));
    });
    await page.reload();
    await page.getByText("you stay signed in").waitFor();
    await page.getByRole("heading", { level: 1, name: "Apps" }).waitFor();
    expect(answers).toEqual([]);
    let away = true;
    await visitor.context.route("**/v1/token", (route) =>
      away ? route.abort("internetdisconnected") : route.fallback(),
    );
    await page.reload();
    await page.getByText("you stay signed in").waitFor();
    away = false;
    await page.evaluate(`dispatchEvent(new Event("online"))`);
    await page.getByRole("heading", { level: 1, name: "Apps" }).waitFor();
  });

  it("says so where a part of the page cannot be loaded, and leaves the menu", async () => {
    const page = await visit("/");
    await visitor.context.route("**/teams-page-*.js", (route) =>
      route.fulfill({ status: 404, body: "" }),
    );
    await page.getByRole("link", { name: "Teams" }).click();
    await page.getByText("This part of the page could not be loaded").waitFor();
    await visitor.shoot("act-not-loaded");
    await page.getByRole("link", { name: "Apps", exact: true }).click();
    await page.getByRole("heading", { level: 1, name: "Apps" }).waitFor();
    await page.getByRole("link", { name: "Teams" }).click();
    await visitor.context.unroute("**/teams-page-*.js");
    await page.getByRole("button", { name: "Load the page again" }).click();
    await page.getByRole("heading", { level: 1, name: "Teams" }).waitFor();
  });

  it("shows a new member in their team at once", async () => {
    const page = await visit("/teams", week.admin);
    await page.getByRole("link", { name: "Logistics" }).click();
    await page.getByRole("button", { name: "Add somebody" }).click();
    const dialog = page.getByRole("dialog");
    const choice = dialog.getByRole("radio").first();
    const name = (await choice.evaluate((it) => it.labels?.[0]?.textContent)) ?? "";
    await choice.check();
    await dialog.getByRole("button", { name: "Add somebody" }).click();
    await page.getByRole("table", { name: "People" }).getByRole("link", { name }).waitFor();
  });

  it("lets no key that is shown once go by a slip", async () => {
    const teams = await console.console.ask("/v1/teams", { token: week.operator });
    await console.console.ask("/v1/apps", {
      token: week.operator,
      body: { id: "held", teamId: teams.body.items[0].id },
    });
    const page = await visit("/apps/held");
    await page.getByRole("link", { name: "Keys", exact: true }).click();
    await page.getByRole("button", { name: "Issue a key" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Issue a key" }).click();
    const dialog = page.getByRole("dialog", { name: "The new key of held" });
    await dialog.waitFor();
    await page.evaluate("history.back()");
    await dialog.getByText("You were about to lose it").waitFor();
    await visitor.shoot("act-key-held");
    await page.evaluate("history.back()");
    const questions: string[] = [];
    page.on("dialog", (question) => {
      questions.push(question.type());
      void question.dismiss();
    });
    await page.evaluate("location.reload()");
    await dialog.getByLabel(/I have kept it/).check();
    await dialog.getByRole("button", { name: "Done" }).click();
    await dialog.waitFor({ state: "hidden" });
    expect(questions).toEqual(["beforeunload"]);
    // One step back is the page before, as if nothing had been held.
    expect(page.url()).toMatch(/apps[/]held[/]keys$/);
    await page.evaluate("history.back()");
    await page.waitForURL(/apps[/]held$/);
  });

  it("explains in the reader's language, and says which words are English", async () => {
    visitor = await console.visitor({ theme: "light", language: "es" }, week.operator);
    const { page } = visitor;
    page.setDefaultTimeout(15_000);
    const { body } = await console.console.ask("/v1/refusals?code=scope-insufficient&limit=1", {
      token: week.operator,
    });
    const [refusal] = body.items;
    await visitor.open(`/refusals/${refusal.id}`);
    await page.getByText("le falta un permiso que esta ruta pide").waitFor();
    const cause = page.getByRole("region", { name: "Qué hay probablemente detrás" });
    expect(await cause.locator('h3 > [lang="en"]').count()).toBeGreaterThan(0);
    expect(await page.locator('pre > code[lang="en"]').count()).toBe(1);
    await visitor.shoot("act-refusal-es");
    await page.getByRole("link", { name: `Permisos de ${refusal.appId}` }).waitFor();
    await page.getByRole("link", { name: "Probar la petición", exact: true }).last().click();
    const appId = page.getByLabel("AppId del emisor");
    expect(await appId.inputValue()).toBe(refusal.appId);
    expect(await page.getByLabel("Juzgarla como en").inputValue()).not.toBe("");
    expect(await page.getByLabel("Dirección desde la que llegó").inputValue()).toBe(
      refusal.address ?? "",
    );
  });

  it("says of each field what is wrong with it in the reader's language, and what a button waits for", async () => {
    visitor = await console.visitor({ theme: "light", language: "es" }, week.operator);
    const { page } = visitor;
    page.setDefaultTimeout(15_000);
    await visitor.open("/apps");
    await page.getByRole("button", { name: "Nueva aplicación" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText("Falta: AppId, Equipo").waitFor();
    await dialog.getByLabel("AppId").fill("dos palabras");
    await dialog.getByLabel("Equipo").selectOption({ label: "Logistics" });
    await dialog.getByLabel(/^Permisos/).fill("orders:léer");
    await dialog.getByRole("button", { name: "Crear" }).click();
    await dialog.getByText("Sin espacios, acentos ni comillas.").first().waitFor();
    await dialog.getByLabel(/^Permisos/).fill("orders:read");
    await dialog.getByRole("button", { name: "Crear" }).click();
    await dialog
      .getByText(/^Esto no es un AppId/)
      .first()
      .waitFor();
    await visitor.shoot("act-faults-es");
    expect(await dialog.getByText(/AppId: Esto no es un AppId/).count()).toBe(1);
    await visitor.open("/apps/probe/limits");
    await page.getByRole("button", { name: "Editar" }).click();
    await page.getByRole("dialog").getByLabel("Redes").fill("diez");
    await page.getByRole("dialog").getByRole("button", { name: "Guardar" }).click();
    await page
      .getByText(/^Esto no es ni una dirección ni una red/)
      .first()
      .waitFor();
  });

  it("tells whoever asked that they were answered, until they look", async () => {
    const { operator: token } = week;
    const open = await console.console.ask("/v1/requests?state=open", { token });
    await console.console.ask(`/v1/requests/${open.body.items[0].id}/refuse`, {
      token,
      body: { answer: "Ask the owners of the stock first." },
    });
    const page = await visit("/apps", week.developer);
    const link = page.getByRole("link", { name: /^Access requests/ });
    await link.getByText("1 of your requests was answered").waitFor();
    await link.click();
    await page.getByText("Ask the owners of the stock first.").waitFor();
    await link.getByText("was answered").waitFor({ state: "detached" });
    await page.getByRole("link", { name: "Apps", exact: true }).click();
    await page.getByRole("heading", { level: 1, name: "Apps" }).waitFor();
    expect(await link.getByText("was answered").count()).toBe(0);
  });

  it("says that an address is unknown, where it is", async () => {
    const [made] = await console.console.database.db
      .insert(refusals)
      .values({
        ...{ at: new Date(), service: "orders-api", code: "host-unknown", status: 401 },
        ...{ appId: "probe", proven: false, method: "PUT", route: "/nowhere", requestId: "r2" },
        detail: { message: "the host is none of the origins" },
      })
      .returning();
    const page = await visit(`/?app=probe&code=host-unknown`);
    const row = page.getByRole("row").filter({ hasText: "PUT /nowhere" });
    await row.getByText("unknown address").waitFor();
    await row.getByRole("link", { name: /^Explain/ }).click();
    await page.getByRole("region", { name: "What came" }).getByText("unknown address").waitFor();
    expect(made?.address ?? null).toBeNull();
  });
});
