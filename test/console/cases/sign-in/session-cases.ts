import { cookiesOf, ownPage, type Enrolled } from "../../support/enrolled.js";
import type { SignInWorld } from "../../support/sign-in-world.js";
import type { Answer } from "../../support/test-console.js";

/** Sessions of browsers. */
export function sessionCases(world: () => SignInWorld): void {
  let person: Enrolled;
  let cookie: string;
  beforeEach(async () => {
    person = await world().somebody();
    world().clock.move(60);
    cookie = await person.browser();
  });
  const renew = (cookies: string, headers: Record<string, string> = ownPage): Promise<Answer> =>
    world().lacre.ask("/v1/token", {
      method: "POST",
      body: {},
      headers: { ...headers, cookie: cookies },
    });
  const isSignedIn = async (token: string): Promise<boolean> =>
    (await world().lacre.ask("/v1/me", { token })).status === 200;

  it("AD18: gives cookies that no script reads and no other site has sent, and no cookie unasked", async () => {
    world().clock.move(60);
    const asked = await person.signIn({ totp: person.freshCode(), browser: true }, ownPage);
    const cookies = asked.headers.getSetCookie();
    expect(cookies).toHaveLength(2);
    for (const each of cookies)
      expect(each).toMatch(
        /^__Host-lacre-\w+=[\w.-]+; Max-Age=\d+; Path=\/; .*HttpOnly; Secure; SameSite=Strict$/,
      );
    world().clock.move(60);
    const plain = await person.signIn();
    expect([plain.status, plain.headers.getSetCookie()]).toEqual([200, []]);
    expect(plain.headers.get("cache-control")).toBe("no-store");
  });

  it("AD18: does nothing for a cookie that another site sent", async () => {
    const json = { "content-type": "application/json" };
    const tried: Record<string, string>[] = [
      { ...json, "sec-fetch-site": "cross-site", origin: "https://evil.test" },
      { ...json, "sec-fetch-site": "same-site", origin: "https://other.test" },
      { ...json, "sec-fetch-site": "none" },
      { ...json, origin: "https://evil.test" },
      { ...json, origin: "null" },
      { ...json },
      { ...ownPage, "content-type": "text/plain" },
    ];
    for (const headers of tried) {
      for (const path of ["/v1/token", "/v1/logout"]) {
        const answer = await world().lacre.ask(path, {
          ...{ method: "POST", body: {}, headers: { ...headers, cookie } },
        });
        expect([headers, path, answer.status]).toEqual([
          ...[headers, path],
          headers["content-type"] === "text/plain" ? 415 : 403,
        ]);
        expect(answer.headers.getSetCookie()).toEqual([]);
      }
    }
    expect((await renew(cookie)).status).toBe(200);
  });

  it("goes on with the cookie, and ends the session when an old one is shown again", async () => {
    const first = await renew(cookie);
    expect([first.status, await isSignedIn(first.body.token)]).toEqual([200, true]);
    const next = cookiesOf(first);
    world().clock.move(60);
    const second = await renew(next);
    expect(second.status).toBe(200);
    world().clock.move(60);
    expect((await renew(cookie)).status).toBe(401); // two before: somebody has a copy
    expect(await isSignedIn(second.body.token)).toBe(false);
    expect((await renew(cookiesOf(second))).status).toBe(401);
  });

  it("lets two tabs ask at once: one gets the next cookie, both get a token", async () => {
    const both = await Promise.all([renew(cookie), renew(cookie)]);
    expect(both.map(({ status }) => status)).toEqual([200, 200]);
    const given = both.map((answer) => answer.headers.getSetCookie().length);
    expect(given.toSorted((a, b) => a - b)).toEqual([0, 1]);
    const next = both.map(cookiesOf).find((cookies) => cookies !== "") ?? "";
    expect((await renew(next)).status).toBe(200);
  });

  it("ends after an hour without use, and after twelve in any case", async () => {
    let now = cookie;
    for (let n = 0; n < 14; n += 1) {
      world().clock.move(3000);
      now = cookiesOf(await renew(now));
    }
    world().clock.move(3000);
    expect((await renew(now)).status).toBe(401); // 12 h 30 min
    const idle = await person.browser();
    world().clock.move(3601);
    expect((await renew(idle)).status).toBe(401);
  });

  it("AD18: takes no cookie that a neighbour in the same domain could have set", async () => {
    expect((await renew(cookie.replaceAll("__Host-", ""))).status).toBe(401);
    expect((await renew(cookie)).status).toBe(200);
  });

  it("takes no cookie with another number, session or MAC", async () => {
    const [, token = ""] = /refresh=([^;]+)/.exec(cookie) ?? [];
    const [id, number, mac] = token.split(".");
    const other = await world().somebody();
    const [, otherToken = ""] = /refresh=([^;]+)/.exec(other.cookie) ?? [];
    for (const forged of [
      ...[`${id}.2.${mac}`, `${id}.01.${mac}`, `${id}.${number}.${"A".repeat(43)}`, "x", ""],
      `${id}.${number}.${otherToken.split(".")[2]}`,
    ])
      expect((await renew(`__Host-lacre-refresh=${forged}`)).status).toBe(401);
    expect((await renew(cookie)).status).toBe(200);
  });

  it("shows a person's sessions, ends one, ends the others, and nobody else's", async () => {
    const { lacre } = world();
    const { token } = (await renew(cookie)).body;
    await person.browser();
    const { items } = (await lacre.ask("/v1/me/sessions", { token })).body;
    expect(items.map((item: { current: boolean }) => item.current)).toContain(true);
    const other = items.find((item: { current: boolean }) => !item.current).id;
    const stranger = (await world().owner.signIn()).body.token;
    const end = (id: string, by: string): Promise<Answer> =>
      lacre.ask(`/v1/me/sessions/${id}`, { method: "DELETE", token: by });
    expect((await end(other, stranger)).status).toBe(404);
    expect((await end(other, token)).status).toBe(204);
    expect((await end(other, token)).status).toBe(404);
    const rest = await lacre.ask("/v1/me/sessions/end-others", { method: "POST", token });
    expect(rest.status).toBe(204);
    const left = (await lacre.ask("/v1/me/sessions", { token })).body.items;
    expect(left).toEqual([expect.objectContaining({ current: true })]);
  });

  it("ends with the logout of the browser, which forgets the cookie", async () => {
    const { token } = (await renew(cookie)).body;
    const out = await world().lacre.ask("/v1/logout", {
      ...{ method: "POST", body: {}, headers: { ...ownPage, cookie } },
    });
    expect(out.status).toBe(204);
    expect(out.headers.getSetCookie()[0]).toMatch(/^__Host-lacre-refresh=;/);
    expect([await isSignedIn(token), (await renew(cookie)).status]).toEqual([false, 401]);
  });
}
