import type { Databases } from "../support/databases.js";
import { enrolBy, type Enrolled } from "../support/enrolled.js";
import { MovedClock } from "../support/moved-clock.js";
import { TestConsole } from "../support/test-console.js";

/** How people prove who they are. */
export function signInCases(databases: () => Databases): void {
  const clock = new MovedClock();
  let lacre: TestConsole;
  let owner: Enrolled;
  beforeAll(async () => {
    lacre = await TestConsole.start(databases(), { settings: { clock } });
    const link = /enrol#([\w-]+)/.exec(lacre.shown.join(""))?.[1] ?? "";
    owner = await enrolBy(lacre, link, { login: "Owner", name: "The owner" });
  });
  afterAll(() => lacre.close());
  beforeEach(() => clock.move(3600));

  it("signs in with login, password and code, and the token opens what the person may do", async () => {
    const { status, body } = await owner.signIn();
    expect([status, body]).toEqual([
      200,
      { code: 200, message: null, token: expect.any(String), expiresAt: expect.any(String) },
    ]);
    const claims = JSON.parse(Buffer.from(body.token.split(".")[1], "base64url").toString());
    expect(claims).toMatchObject({
      user_id: owner.id,
      user_name: "The owner",
      user_roles: ["admin"],
      exp: Math.floor(clock.nowMs() / 1000) + 300,
    });
  });
}
