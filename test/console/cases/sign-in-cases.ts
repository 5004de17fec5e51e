import { audit } from "../../../apps/console/src/database/tables.js";
import type { Databases } from "../support/databases.js";
import { SignInWorld } from "../support/sign-in-world.js";
import { enrolmentCases } from "./sign-in/enrolment-cases.js";
import { guessingCases } from "./sign-in/guessing-cases.js";
import { loginCases } from "./sign-in/login-cases.js";
import { passkeyCases } from "./sign-in/passkey-cases.js";
import { peopleCases } from "./sign-in/people-cases.js";
import { sessionCases } from "./sign-in/session-cases.js";
import { teamCases } from "./sign-in/team-cases.js";
import { tokenCases } from "./sign-in/token-cases.js";

/** How people prove who they are. */
export function signInCases(databases: () => Databases): void {
  const world = aWorld(databases);
  describe("login", () => loginCases(world));
  describe("access tokens", () => tokenCases(world));
  describe("guessing", () => guessingCases(world));
  describe("acts", () => addressOfEachAct(world));
}

/** How people come in and stay, and who they are. */
export function peopleAndSessionCases(databases: () => Databases): void {
  const world = aWorld(databases);
  describe("enrolment", () => enrolmentCases(world));
  describe("sessions", () => sessionCases(world));
  describe("passkeys", () => passkeyCases(world));
  describe("people", () => peopleCases(world));
  describe("teams", () => teamCases(world));
  describe("acts", () => addressOfEachAct(world));
}

/** After all that the others did. */
function addressOfEachAct(world: () => SignInWorld): void {
  it("has noted from which address each act came that a request asked for", async () => {
    const rows = await world().lacre.database.db.select().from(audit);
    const own = (act: string, actor: string): boolean =>
      actor === "terminal" || (actor === "console" && act !== "session.token-used-twice");
    const without = rows.filter(({ act, actor, address }) => !address && !own(act, actor));
    expect(without.map(({ act }) => act)).toEqual([]);
    expect(rows.filter(({ address }) => address !== null).length).toBeGreaterThan(0);
  });
}

/** One console for all of the file: a start takes seconds. */
function aWorld(databases: () => Databases): () => SignInWorld {
  let world: SignInWorld;
  beforeAll(async () => {
    world = await SignInWorld.start(databases());
  });
  afterAll(() => world.lacre.close());
  // Nobody is slowed by what another test did, and no code was used.
  beforeEach(() => world.clock.move(86_400));
  return () => world;
}
