import { basic, type Enrolled } from "../../support/enrolled.js";
import type { SignInWorld } from "../../support/sign-in-world.js";
import { SoftwareAuthenticator } from "../../support/software-authenticator.js";
import type { Answer } from "../../support/test-console.js";

const ORIGIN = "https://console.test";
const RP_ID = "console.test";

/** Passkeys as a second factor, with an authenticator that knows nothing of the console's library. */
export function passkeyCases(world: () => SignInWorld): void {
  let person: Enrolled;
  let token: string;
  beforeEach(async () => {
    person = await world().somebody();
    world().clock.move(60);
    ({ token } = (await person.signIn()).body);
    world().clock.move(60);
  });
  const ask = (path: string, body: unknown): Promise<Answer> =>
    world().lacre.ask(path, { method: "POST", token, body });

  async function add(key: SoftwareAuthenticator): Promise<Answer> {
    const again = { password: person.password, totp: person.freshCode() };
    const { status, body } = await ask("/v1/me/passkeys/options", again);
    expect(status).toBe(200);
    expect(body.options).toMatchObject({ rp: { id: RP_ID } });
    const response = key.register(body.options.challenge);
    return ask("/v1/me/passkeys", { challengeId: body.challengeId, name: "Key", response });
  }
  async function challenge(): Promise<{ challengeId: string; challenge: string }> {
    const { body } = await world().lacre.ask("/v1/passkeys/options", { method: "POST", body: {} });
    return { challengeId: body.challengeId, challenge: body.options.challenge };
  }
  const login = (body: object, authorization = person.authorization): Promise<Answer> =>
    world().lacre.ask("/v1/passkeys/login", { method: "POST", body, headers: { authorization } });

  it("adds a passkey after password and code, signs in with it, and removes it", async () => {
    const key = new SoftwareAuthenticator(RP_ID, ORIGIN);
    expect((await add(key)).status).toBe(204);
    const { challengeId, challenge: given } = await challenge();
    const signedIn = await login({ challengeId, response: key.signIn(given) });
    expect([signedIn.status, signedIn.body.code]).toEqual([200, 200]);
    ({ token } = signedIn.body);
    const { body } = await world().lacre.ask("/v1/me/passkeys", { token });
    expect(body.items).toEqual([
      expect.objectContaining({ name: "Key", lastUsedAt: expect.any(String) }),
    ]);
    const me = await world().lacre.ask("/v1/me", { token });
    expect(me.body.secondFactors).toEqual({ passkeys: 1, recoveryCodesLeft: 10 });

    const path = `/v1/me/passkeys/${body.items[0].id}`;
    expect((await world().lacre.ask(path, { method: "DELETE", token })).status).toBe(204);
    const after = await challenge();
    const refused = { challengeId: after.challengeId, response: key.signIn(after.challenge) };
    expect((await login(refused)).status).toBe(401);
  });

  it("AD16: adds none without password and code, and none to another's challenge", async () => {
    const wrong = { password: person.password, totp: "no" };
    expect((await ask("/v1/me/passkeys/options", wrong)).status).toBe(401);
    const key = new SoftwareAuthenticator(RP_ID, ORIGIN);
    const { challengeId, challenge: given } = await challenge();
    const response = key.register(given);
    expect((await ask("/v1/me/passkeys", { challengeId, name: "K", response })).status).toBe(400);
  });

  it("takes a challenge once, for two minutes, and none that it did not make", async () => {
    const key = new SoftwareAuthenticator(RP_ID, ORIGIN);
    await add(key);
    const { challengeId, challenge: given } = await challenge();
    const answers = [key.signIn(given), key.signIn(given), key.signIn(given)];
    const many = answers.map((response) => login({ challengeId, response }));
    const statuses = (await Promise.all(many)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(1);

    const late = await challenge();
    world().clock.move(121);
    const signed = key.signIn(late.challenge);
    expect((await login({ challengeId: late.challengeId, response: signed })).status).toBe(401);
    const longer = late.challengeId.replace(/^\d+/, (ms) => String(Number(ms) + 1e9));
    expect((await login({ challengeId: longer, response: signed })).status).toBe(401);
  });

  it("refuses another site, another origin, another key, a counter that stands still", async () => {
    const key = new SoftwareAuthenticator(RP_ID, ORIGIN);
    await add(key);
    const phished = new SoftwareAuthenticator("console.evil", "https://console.evil");
    Object.defineProperty(phished, "id", { value: key.id });
    const other = new SoftwareAuthenticator(RP_ID, ORIGIN);
    Object.defineProperty(other, "id", { value: key.id });
    for (const forger of [phished, other]) {
      const { challengeId, challenge: given } = await challenge();
      expect((await login({ challengeId, response: forger.signIn(given) })).status).toBe(401);
    }
    const first = await challenge();
    key.counter = 7;
    const good = { challengeId: first.challengeId, response: key.signIn(first.challenge) };
    expect((await login(good)).status).toBe(200);
    const second = await challenge();
    key.counter = 7;
    const copied = { challengeId: second.challengeId, response: key.signIn(second.challenge) };
    expect((await login(copied)).status).toBe(401);
  });

  it("takes no passkey without the password, and none of another person", async () => {
    const key = new SoftwareAuthenticator(RP_ID, ORIGIN);
    await add(key);
    const other = await world().somebody();
    for (const authorization of [basic(person.login, "a wrong password"), other.authorization]) {
      const { challengeId, challenge: given } = await challenge();
      const answer = await login({ challengeId, response: key.signIn(given) }, authorization);
      expect([answer.status, answer.body.code]).toEqual([401, "sign-in-failed"]);
    }
  });

  it("AD10: lets a passkey in while an attacker has used up all guesses", async () => {
    const key = new SoftwareAuthenticator(RP_ID, ORIGIN);
    await add(key);
    await Promise.all(Array.from({ length: 12 }, () => person.signIn({ totp: "no" })));
    expect((await person.signIn({ totp: person.code() })).status).toBe(429);
    const { challengeId, challenge: given } = await challenge();
    expect((await login({ challengeId, response: key.signIn(given) })).status).toBe(200);
  });
}
