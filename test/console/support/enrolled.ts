import { eq } from "drizzle-orm";
import type { Kind, Role, Subrole } from "../../../apps/console/src/access/roles.js";
import { TERMINAL } from "../../../apps/console/src/audit/actor.js";
import { people } from "../../../apps/console/src/database/tables.js";
import { CLOCK } from "../../../apps/console/src/start/settings.js";
import { Invitations } from "../../../apps/console/src/sign-in/invitations.js";
import { base32, codeAt } from "./authenticator-app.js";
import type { Answer, TestConsole } from "./test-console.js";

/** What a browser says of a request of the console's own page. */
export const ownPage = {
  origin: "https://console.test",
  "sec-fetch-site": "same-origin",
} as const;

export const basic = (login: string, password: string): string =>
  `Basic ${Buffer.from(`${login}:${password}`).toString("base64")}`;

/** Somebody with a password and a phone, who enrolled by the routes that people use. */
export class Enrolled {
  /** The last step whose code was used. */
  #used: number;

  constructor(
    readonly console: TestConsole,
    readonly id: string,
    readonly login: string,
    readonly password: string,
    public seed: Uint8Array,
    readonly recoveryCodes: readonly string[],
    /** The access token that the enrolment gave, and its cookies. */
    readonly token: string,
    readonly cookie: string,
  ) {
    this.#used = Math.floor(this.#nowMs() / 30_000);
  }

  get authorization(): string {
    return basic(this.login, this.password);
  }

  /** What the phone shows now, or so many steps later. */
  code(steps = 0): string {
    return codeAt(this.seed, this.#nowMs() + steps * 30_000);
  }

  /** A code that was not used, which may be the next one: the console takes one step more. */
  freshCode(): string {
    const now = Math.floor(this.#nowMs() / 30_000);
    this.#used = Math.max(this.#used + 1, now);
    return this.code(this.#used - now);
  }

  /** Signs in with a fresh code. */
  signIn(
    body: object = { totp: this.freshCode() },
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    const all = { authorization: this.authorization, ...headers };
    return this.console.ask("/v1/login", { method: "POST", body, headers: all });
  }

  /** Signs in as a browser does, and gives its cookies: from now on it is known. */
  async browser(headers: Record<string, string> = {}): Promise<string> {
    const own = { ...ownPage, ...headers };
    const answer = await this.signIn({ totp: this.freshCode(), browser: true }, own);
    if (answer.status !== 200) throw new Error(`sign-in: ${answer.status}`);
    return cookiesOf(answer);
  }

  #nowMs(): number {
    return this.console.app.get<{ nowMs(): number }>(CLOCK, { strict: false }).nowMs();
  }
}

export const cookiesOf = ({ headers }: Answer): string =>
  headers
    .getSetCookie()
    .map((cookie) => cookie.split(";", 1)[0])
    .join("; ");

const PASSWORD = "three words: and a colon";

/** Makes somebody of this kind, by an invitation and the real routes. */
export async function startEnrolled(
  console: TestConsole,
  kind: Kind = "admin",
  login = `person-${Math.random().toString(36).slice(2)}`,
): Promise<Enrolled> {
  const [role, subrole] = kind.split(":") as [Role, Subrole | undefined];
  const { db } = console.database;
  const id = `p_${login}`;
  await db.insert(people).values({ id, login, name: `The ${kind}`, role, subrole });
  const { link } = await console.app.get(Invitations, { strict: false }).linkFor(id, TERMINAL);
  return enrolBy(console, link.split("#")[1] ?? "", {});
}

/** Follows a link to its end. */
export async function enrolBy(
  console: TestConsole,
  token: string,
  more: { login?: string; name?: string },
  password = PASSWORD,
): Promise<Enrolled> {
  const begun = await console.ask("/v1/enrolment", { body: { token, password, ...more } });
  if (begun.status !== 200)
    throw new Error(`enrolment: ${begun.status} ${JSON.stringify(begun.body)}`);
  const seed = base32(begun.body.totp.secret);
  const clock = console.app.get<{ nowMs(): number }>(CLOCK, { strict: false });
  const totp = codeAt(seed, clock.nowMs());
  const done = await console.ask("/v1/enrolment/confirm", {
    body: { ticket: begun.body.ticket, totp },
  });
  if (done.status !== 200) throw new Error(`confirm: ${done.status} ${JSON.stringify(done.body)}`);
  const { sub } = JSON.parse(
    Buffer.from(done.body.token.split(".")[1], "base64url").toString(),
  ) as { sub: string };
  const [person] = await console.database.db.select().from(people).where(eq(people.id, sub));
  const { token: access, recoveryCodes } = done.body;
  const login = person?.login ?? "";
  return new Enrolled(console, sub, login, password, seed, recoveryCodes, access, cookiesOf(done));
}
