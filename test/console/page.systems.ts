import { recordAct } from "../../apps/console/src/audit/record-act.js";
import { PERMISSIONS } from "../../apps/console/src/access/roles.js";
import { embedded } from "./support/databases.js";
import { ConsolePage, LANGUAGES, THEMES, type Visitor } from "./support/page.js";

/** Every page that somebody sees who has signed in, and those before it. */
const INSIDE: Readonly<Record<string, string>> = { audit: "/audit" };

describe("the console's page", () => {
  let console: ConsolePage;
  let token: string;

  beforeAll(async () => {
    console = await ConsolePage.start(embedded());
    const admin = await console.console.somebody("admin");
    token = admin.token;
    for (let i = 0; i < 14; i += 1)
      await console.console.database.db.transaction((tx) =>
        recordAct(tx, {
          actor: admin.id,
          act: i % 2 ? "key.revoked" : "app.created",
          object: {
            kind: i % 2 ? "key" : "app",
            id: i % 2 ? `k_${i}c24dd7f1b5e9a0c2` : `billing-${i}`,
          },
          before: { state: "active", limits: null },
          after: { state: "revoked", limits: { perMinute: 60 } },
          address: "10.1.2.3",
        }),
      );
  });
  afterAll(() => console.close());

  async function inside(look: Parameters<ConsolePage["visitor"]>[0]): Promise<Visitor> {
    const visitor = await console.visitor(look, token);
    // Stands until the console answers it.
    await visitor.context.route("**/v1/me", (route) =>
      route.fulfill({
        json: {
          id: "p_1",
          login: "ana",
          name: "Ana Figueiredo",
          email: null,
          role: "admin",
          subrole: null,
          kind: "admin",
          permissions: Object.keys(PERMISSIONS),
          teams: [],
          session: { id: "s_1" },
          secondFactors: { passkeys: 1, recoveryCodesLeft: 8 },
        },
      }),
    );
    return visitor;
  }

  describe.each(Object.entries(INSIDE))("%s", (name, path) => {
    it.each(THEMES)(
      "breaks no rule of its policy, says no error, and is looked at, %s",
      async (theme) => {
        const visitor = await inside({ theme, language: "en" });
        await visitor.open(path);
        await visitor.shoot(`${name}-${theme}`);
        expect(visitor.complaints).toEqual([]);
        await visitor.close();
      },
    );

    it.each(THEMES.flatMap((theme) => LANGUAGES.map((language) => ({ theme, language }))))(
      "can be used by everybody, $theme $language",
      async (look) => {
        const visitor = await inside({ ...look, withoutPolicy: true });
        await visitor.open(path);
        expect(await visitor.faults()).toEqual([]);
        await visitor.close();
      },
    );

    it("fits a narrow screen", async () => {
      const visitor = await inside({ theme: "light", language: "pt", width: 360 });
      await visitor.open(path);
      await visitor.shoot(`${name}-narrow`);
      expect(await visitor.overflow()).toBeLessThanOrEqual(0);
      await visitor.close();
    });
  });
});
