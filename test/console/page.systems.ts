import { recordAct } from "../../apps/console/src/audit/record-act.js";
import { memberships, people } from "../../apps/console/src/database/tables.js";
import { embedded } from "./support/databases.js";
import { fillWeek } from "./support/believable-week.js";
import { ConsolePage, LANGUAGES, THEMES, type Look, type Visitor } from "./support/page.js";

describe("the console's page", () => {
  let console: ConsolePage;
  let token: string;
  const PATHS: Record<string, string> = {};

  beforeAll(async () => {
    console = await ConsolePage.start(embedded());
    const admin = await console.console.somebody("admin");
    token = admin.token;
    await fill(console, admin.id, PATHS);
  });
  afterAll(() => console.close());

  /** Somebody who has signed in as an admin, or nobody. */
  async function look(at: string, terms: Look): Promise<Visitor> {
    const outside = ["sign-in", "enrol"].includes(at);
    const visitor = await console.visitor(terms, outside ? undefined : token);
    await visitor.open(PATHS[at] ?? `/${at}`);
    return visitor;
  }

  describe.each([
    "sign-in",
    "enrol",
    "profile",
    "people",
    "person",
    "teams",
    "team",
    "settings",
    "audit",
    "home",
    "refusal",
    "apps",
    "app",
    "keys",
    "limits",
    "scopes",
    "verdicts",
    "app-audit",
    "requests",
    "try",
    "clock",
    "webhooks",
    "webhook",
    "no-such-page",
  ])("%s", (name) => {
    it("breaks no rule of its policy, and says no error", async () => {
      const visitor = await look(name, { theme: "light", language: "en" });
      await visitor.shoot(`${name}-light`);
      await visitor.theme("dark");
      await visitor.shoot(`${name}-dark`);
      expect(visitor.complaints).toEqual([]);
      await visitor.close();
    });

    it.each(LANGUAGES)("can be used by everybody, in %s", async (language) => {
      const visitor = await look(name, { theme: "light", language, withoutPolicy: true });
      for (const theme of THEMES) {
        await visitor.theme(theme);
        expect({ theme, faults: await visitor.faults() }).toEqual({ theme, faults: [] });
      }
      await visitor.close();
    });

    it("fits a narrow screen", async () => {
      const visitor = await look(name, { theme: "light", language: "pt", width: 360 });
      await visitor.shoot(`${name}-narrow`);
      expect(await visitor.overflow()).toBeLessThanOrEqual(0);
      await visitor.close();
    });
  });

  describe.each([
    ["new-app", "/apps", ["New app"]],
    ["issue", "/apps/probe/keys", ["Issue a key"]],
    ["issued", "/apps/ONE/keys", ["Issue a key", "Issue a key"]],
    ["import", "/apps/stripe/keys", ["Import a secret"]],
    ["rotate", "/apps/route-planner/keys", ["What can be done", "Rotate"]],
    ["end", "/apps/shop-web/keys", ["End or extend"]],
    ["revoke", "/apps/shop-mobile/keys", ["What can be done", "Revoke…"]],
    ["edit", "/apps/shop-web/limits", ["Edit"]],
    ["disable", "/apps/shop-web", ["Disable"]],
    ["ask", "/requests", ["Ask for access"]],
    ["approve", "/requests", ["Approve returns-desk"]],
    ["endpoint", "/webhooks", ["Add an endpoint"]],
  ] as const)("the dialog %s", (name, path, buttons) => {
    it.each([...THEMES, "narrow"] as const)("can be used by everybody, %s", async (form) => {
      const theme = form === "narrow" ? "dark" : form;
      const width = form === "narrow" ? { width: 360 } : {};
      const visitor = await console.visitor(
        { theme, language: "en", withoutPolicy: true, ...width },
        token,
      );
      // An app has two live keys of a scheme at most.
      const app = { light: "probe", dark: "partner-kestrel", narrow: "partner-azulejo" }[form];
      await visitor.open(path.replace("ONE", app));
      for (const label of buttons) {
        const open = visitor.page.getByRole("dialog");
        const place = (await open.count()) > 0 ? open : visitor.page;
        const pressed = place.getByRole(
          /^(?:Rotate|Revoke…)$/.test(label) ? "menuitem" : "button",
          {
            name: label,
          },
        );
        await pressed.first().click();
      }
      await visitor.page.getByRole("dialog").waitFor();
      if (name === "issued") await visitor.page.getByRole("list", { name: "Key" }).waitFor();
      await visitor.settled();
      await visitor.shoot(`dialog-${name}-${form}`);
      expect(await visitor.faults()).toEqual([]);
      expect(await visitor.overflow()).toBeLessThanOrEqual(0);
      await visitor.close();
    });
  });

  describe("where there is nothing to show", () => {
    const dark = { theme: "dark", language: "es" } as const;

    it("says to a role that it may not see a page, and shows it no way there", async () => {
      const developer = await console.console.somebody("developer");
      const visitor = await console.visitor({ ...dark, withoutPolicy: true }, developer.token);
      await visitor.open("/audit");
      await visitor.page.getByText("Tu rol no da acceso a esta página").waitFor();
      await visitor.page.getByRole("link", { name: "Aplicaciones" }).waitFor();
      expect(await visitor.page.getByRole("link", { name: "Auditoría" }).count()).toBe(0);
      expect(await visitor.faults()).toEqual([]);
      await visitor.shoot("state-not-allowed");
      await visitor.close();
    });

    it("says what is wrong and offers to try again, where the console does not answer", async () => {
      const visitor = await console.visitor({ ...dark, withoutPolicy: true }, token);
      let isDown = true;
      await visitor.context.route("**/v1/people?**", (route) =>
        isDown ? route.fulfill({ status: 500, json: { code: "internal" } }) : route.continue(),
      );
      await visitor.context.route("**/v1/people", (route) =>
        isDown ? route.fulfill({ status: 500, json: { code: "internal" } }) : route.continue(),
      );
      await visitor.open("/people");
      await visitor.page.getByRole("alert").waitFor();
      expect(await visitor.faults()).toEqual([]);
      await visitor.shoot("state-failing");
      isDown = false;
      await visitor.page.getByRole("button", { name: "Reintentar" }).click();
      await visitor.page.getByRole("link", { name: "Chidi Okafor" }).waitFor();
      await visitor.close();
    });

    it("says that no row fits, and clears the filters that are in the address", async () => {
      const visitor = await look("audit", { ...dark, withoutPolicy: true });
      await visitor.open("/audit?act=nothing.like.it&objectKind=key");
      await visitor.page.getByText("Nada en el registro coincide").waitFor();
      expect(await visitor.faults()).toEqual([]);
      await visitor.shoot("state-empty");
      await visitor.page.getByRole("button", { name: "Quitar filtros" }).click();
      await visitor.page.getByRole("button", { name: "key.revoked" }).first().waitFor();
      expect(new URL(visitor.page.url()).search).toBe("");
      await visitor.close();
    });
  });

  describe("what lies over a page", () => {
    it.each(THEMES)("can be used by everybody, %s", async (theme) => {
      const visitor = await look("audit", { theme, language: "en", withoutPolicy: true });
      const { page } = visitor;
      await page.getByRole("button", { name: "A admin Administrator" }).click();
      await page.getByRole("menuitem", { name: "Sign out" }).waitFor();
      await visitor.shoot(`over-menu-${theme}`);
      expect(await visitor.faults()).toEqual([]);
      await page.keyboard.press("Escape");
      await page
        .getByRole("button", { name: /^Show Entry/ })
        .first()
        .click();
      await page.getByRole("dialog").getByRole("table").waitFor();
      await visitor.shoot(`over-change-${theme}`);
      expect(await visitor.faults()).toEqual([]);
      await page.keyboard.press("Escape");
      await page.getByRole("dialog").waitFor({ state: "hidden" });
      await page.getByRole("button", { name: "Verify the log" }).click();
      await page
        .getByRole("dialog")
        .getByText(/The log is/)
        .waitFor();
      await visitor.shoot(`over-verify-${theme}`);
      expect(await visitor.faults()).toEqual([]);
      await visitor.close();
    });
  });
});

/** Enough of everything that no page is empty. */
async function fill(
  { console }: ConsolePage,
  adminId: string,
  paths: Record<string, string>,
): Promise<void> {
  const { db } = console.database;
  const billing = await console.team("Billing");
  const shipping = await console.team("Shipping");
  const names = ["Ana Figueiredo", "Bruno Salas", "Chidi Okafor", "Dorothea Lindqvist", "Emi Sato"];
  const everybody = names.map((name, i) => ({
    id: `p_4f1c${i}a7be2d90c`,
    login: name.toLowerCase().replace(" ", "."),
    name,
    email: i % 2 === 0 ? `${name.split(" ")[0]?.toLowerCase()}@example.com` : null,
    role: i === 1 ? "operator" : i === 4 ? "viewer" : "developer",
    subrole: i === 4 ? "auditor" : null,
    active: i !== 3,
  }));
  await db.insert(people).values(everybody);
  await db
    .insert(memberships)
    .values(
      everybody.flatMap(({ id }, i) => [
        { teamId: billing, personId: id },
        ...(i % 2 ? [{ teamId: shipping, personId: id }] : []),
      ]),
    );
  for (let i = 0; i < 14; i += 1)
    await db.transaction((tx) =>
      recordAct(tx, {
        by: { id: i % 3 ? adminId : (everybody[i % 5]?.id ?? adminId), address: "10.1.2.3" },
        act: i % 2 ? "key.revoked" : "app.created",
        object:
          i % 2
            ? { kind: "key", id: `k_${i}c24dd7f1b5e9a0c2` }
            : { kind: "app", id: `billing-${i}` },
        before: { state: "active", limits: null },
        after: { state: "revoked", limits: { perMinute: 60 } },
      }),
    );
  const { auditor } = await fillWeek(console);
  const [refusal] = (await console.ask("/v1/refusals?code=nonce-seen", { token: auditor })).body
    .items;
  const [endpoint] = (await console.ask("/v1/webhooks", { token: auditor })).body.items;
  const app = "/apps/shop-web";
  Object.assign(paths, {
    ...{ home: "/?range=7d", refusal: `/refusals/${refusal.id}`, clock: "/clock?range=7d" },
    ...{ app, keys: `${app}/keys`, limits: `${app}/limits`, scopes: `${app}/scopes` },
    ...{ verdicts: `${app}/verdicts?range=7d`, "app-audit": `${app}/audit` },
    webhook: `/webhooks/${endpoint.id}`,
  });
  paths.person = `/people/${everybody[0]?.id}`;
  paths.team = `/teams/${billing}`;
  const link = /\S+\/enrol#\S+/.exec(console.shown.join(" "))?.[0] ?? "/enrol";
  paths.enrol = link.slice(link.indexOf("/enrol"));
}
