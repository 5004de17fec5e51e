import { base32, codeAt } from "./support/authenticator-app.js";
import { embedded } from "./support/databases.js";
import { ConsolePage, type Visitor } from "./support/page.js";

/** What a person does, from the link on the terminal to their second visit. */
describe("the way into the console", () => {
  let console: ConsolePage;
  let visitor: Visitor;
  let seed: Buffer;
  const PASSWORD = "candle harbour ninety";

  beforeAll(async () => {
    console = await ConsolePage.start(embedded());
    visitor = await console.visitor({ theme: "light", language: "en" });
  });
  afterAll(() => console.close());

  it("goes from the link of the first start to a console that is open, and back in by a recovery code", async () => {
    const { page } = visitor;
    const link = /\S+\/enrol#(\S+)/.exec(console.console.shown.join(" ")) ?? [];
    await page.goto(`/enrol#${link[1]}`);
    await page.getByLabel("Your name").fill("Ana Figueiredo");
    // The secret of the link is gone from the address at once.
    expect(page.url()).toBe(`${console.url}/enrol`);
    // Loaded again on the way, it begins anew; so it does with a link that is put into the same tab.
    await page.reload();
    await page.getByLabel("Your name").waitFor();
    await page.goto(`/enrol#not-${link[1]}`);
    await page.getByRole("heading", { name: "This link does not work" }).waitFor();
    await page.goto(`/enrol#${link[1]}`);
    await page.getByLabel("Your name").fill("Ana Figueiredo");
    await page.getByLabel("Login").fill("ana");
    await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
    await visitor.shoot("enrol-1-password");
    await page.getByRole("button", { name: "Continue" }).click();

    const key = page.getByLabel("Or type this key into the app");
    await key.waitFor();
    seed = base32((await key.innerText()).replaceAll(/\s/g, ""));
    await visitor.shoot("enrol-2-authenticator");
    await paste(visitor, codeAt(seed, Date.now()));
    await page.getByRole("button", { name: "Confirm" }).click();

    const codes = page.getByRole("list", { name: "Recovery codes" }).getByRole("listitem");
    await codes.first().waitFor();
    await visitor.shoot("enrol-3-recovery-codes");
    const recoveryCode = await codes.first().innerText();
    const open = page.getByRole("button", { name: "Open the console" });
    expect(await open.isDisabled()).toBe(true);
    await page.evaluate("history.back()");
    await page.getByRole("alert").getByText("You were about to lose it").waitFor();
    await page.getByLabel("I have kept them in a safe place").check();
    await open.click();

    await page.getByRole("button", { name: /Ana Figueiredo/ }).click();
    await page.getByRole("menuitem", { name: "Profile" }).click();
    await page.getByRole("heading", { name: "Ana Figueiredo", level: 1 }).waitFor();
    await visitor.settled();
    await page.getByRole("cell", { name: /^Chrome \d+, Linux$/ }).waitFor();
    await visitor.shoot("flow-profile");
    // The session is in a cookie that the page cannot read, and nothing else.
    await page.reload();
    await page.getByRole("heading", { name: "Ana Figueiredo", level: 1 }).waitFor();
    expect(await page.evaluate("document.cookie + JSON.stringify(localStorage)")).not.toMatch(
      /eyJ/,
    );

    await page.getByRole("button", { name: /Ana Figueiredo/ }).click();
    await page.getByRole("menuitem", { name: "Sign out" }).click();
    await signIn(visitor, "not the password at all");
    await visitor.shoot("sign-in-2-code");
    await paste(visitor, "123456");
    await page.getByRole("alert").waitFor();
    expect(await page.getByRole("alert").innerText()).toMatch(/^Login, password or code is wrong/);
    await visitor.shoot("sign-in-3-refused");
    await page.getByRole("button", { name: "Another login" }).click();

    await signIn(visitor, PASSWORD);
    await paste(visitor, codeAt(seed, Date.now()) === "123456" ? "654321" : "123456");
    await page.getByRole("alert").waitFor();
    await page.getByRole("button", { name: "Use a recovery code" }).click();
    await page.getByLabel("Recovery code").fill(recoveryCode);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("heading", { level: 1, name: "Ana Figueiredo" }).waitFor();
    // Of those with her password, and not of the other one.
    const warning = page.getByRole("alert").filter({ hasText: "somebody has your password" });
    expect(await warning.innerText()).toMatch(/^1 wrong code came with your password/);
    await visitor.shoot("sign-in-4-wrong-codes");
    await warning.getByRole("button", { name: "Close" }).click();
    await warning.waitFor({ state: "hidden" });
    // The browser itself says that there was a 401, and a 404 for the link that was none.
    expect(visitor.complaints.filter((text) => !/status of 40[14]/.test(text))).toEqual([]);
  });

  it("takes a passkey in place of the six digits", async () => {
    const { page, context } = visitor;
    const devtools = await context.newCDPSession(page);
    await devtools.send("WebAuthn.enable");
    await devtools.send("WebAuthn.addVirtualAuthenticator", {
      options: {
        protocol: "ctap2",
        transport: "internal",
        hasResidentKey: true,
        hasUserVerification: true,
        isUserVerified: true,
      },
    });
    await page.getByRole("button", { name: "Add a passkey" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Name of the passkey").fill("Work laptop");
    await dialog.getByLabel("Your current password").fill(PASSWORD);
    // The one of this half minute was used up.
    await dialog.getByLabel(/six digits/).fill(codeAt(seed, Date.now() + 30_000));
    await dialog.getByRole("button", { name: "Add a passkey" }).click();
    await page.getByRole("cell", { name: "Work laptop", exact: true }).waitFor();
    await visitor.shoot("flow-passkey");

    await page.getByRole("button", { name: /Ana Figueiredo/ }).click();
    await page.getByRole("menuitem", { name: "Sign out" }).click();
    await signIn(visitor, PASSWORD);
    await page.getByRole("button", { name: "Use a passkey" }).click();
    await page.getByRole("heading", { level: 1, name: "Ana Figueiredo" }).waitFor();
  });

  it("is found by keyboard alone", async () => {
    const { page } = visitor;
    await page.keyboard.press("g");
    await page.keyboard.press("p");
    await page.getByRole("heading", { level: 1, name: "People" }).waitFor();
    expect(await page.evaluate("document.activeElement.tagName")).toBe("H1");
    await page.keyboard.press("/");
    await page.keyboard.type("ana");
    await page.waitForURL(/search=ana/);
    await page.keyboard.press("Escape");
    await page.locator("h1").focus();
    await page.keyboard.press("?");
    await page.getByRole("dialog", { name: "Keyboard" }).waitFor();
    await visitor.shoot("flow-help");
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "hidden" });
    // What opened a dialog has the focus again when it is closed.
    await page.getByRole("button", { name: "Add a person" }).focus();
    await page.keyboard.press("Enter");
    await page.getByRole("dialog", { name: "Add a person" }).waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "hidden" });
    await page.waitForFunction(`document.activeElement.innerText === "Add a person"`);
  });

  it("adds a person, and shows their link once", async () => {
    const { page } = visitor;
    await page.getByRole("button", { name: "Add a person" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Name").fill("Bruno Salas");
    await dialog.getByLabel("Login").fill("bruno");
    await visitor.shoot("flow-new-person");
    await dialog.getByRole("button", { name: "Add a person" }).click();
    await page.getByRole("heading", { level: 1, name: "Bruno Salas" }).waitFor();
    await page.getByRole("button", { name: "Invitation link" }).click();
    await page.getByRole("button", { name: "Make the link" }).click();
    await page.getByRole("list", { name: "The link" }).waitFor();
    await visitor.shoot("flow-invitation");
    await page.getByLabel(/I have given it to/).check();
    await page.getByRole("button", { name: "Done" }).click();
    await page.getByRole("button", { name: "Disable" }).click();
    await page.getByRole("dialog", { name: "Disable Bruno Salas" }).waitFor();
    await visitor.shoot("flow-disable");
    await page.getByRole("dialog").getByRole("button", { name: "Disable" }).click();
    await page.getByText("Disabled").waitFor();
  });

  it("tells a developer nothing to do that they would never see the end of", async () => {
    const { token } = await console.console.somebody("developer");
    const developer = await console.visitor({ theme: "light", language: "en" }, token);
    await developer.open("/");
    await developer.page.getByText("No app of your teams has called yet").waitFor();
    expect(await developer.page.getByText("curl").count()).toBe(0);
    await developer.close();
  });
});

async function signIn({ page }: Visitor, password: string): Promise<void> {
  await page.getByLabel("Login").fill("ana");
  await page.getByLabel("Password", { exact: true }).fill(password);
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByLabel("Digit of the code").first().waitFor();
}

/** A code that comes from the clipboard of a telephone. */
async function paste({ page, context }: Visitor, code: string): Promise<void> {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await page.evaluate(`navigator.clipboard.writeText(${JSON.stringify(code)})`);
  await page.getByLabel("Digit of the code").first().focus();
  await page.keyboard.press("Control+V");
}
