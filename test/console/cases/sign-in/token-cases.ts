import { createHmac } from "node:crypto";
import { decodeJwt } from "jose";
import { derivedKey } from "../../../../apps/console/src/start/settings.js";
import type { Enrolled } from "../../support/enrolled.js";
import type { SignInWorld } from "../../support/sign-in-world.js";

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");

/** What is not an access token that counts. */
export function tokenCases(world: () => SignInWorld): void {
  let person: Enrolled;
  let token: string;
  beforeEach(async () => {
    person = await world().somebody("admin");
    world().clock.move(120);
    ({ token } = (await person.signIn()).body);
  });
  const statusOf = async (tried: string): Promise<number> =>
    (await world().lacre.ask("/v1/me", { token: tried })).status;
  /** As the console would sign it, without the console. */
  function signed(header: object, claims: object, key?: Uint8Array): string {
    const { masterKey } = world().lacre;
    const text = `${encode({ alg: "HS256", typ: "at+jwt", ...header })}.${encode(claims)}`;
    const mac = createHmac("sha256", key ?? derivedKey(masterKey, "access tokens"));
    return `${text}.${mac.update(text).digest("base64url")}`;
  }

  it("takes what it gave, and what is signed like it", async () => {
    expect(await statusOf(token)).toBe(200);
    expect(await statusOf(signed({}, decodeJwt(token)))).toBe(200);
  });

  it("AD01: takes no other algorithm, and none at all", async () => {
    const [, payload = "", signature = ""] = token.split(".");
    for (const alg of ["none", "None", "NONE", "", "HS384", "RS256"])
      for (const last of ["", signature])
        expect(await statusOf(`${encode({ alg, typ: "at+jwt" })}.${payload}.${last}`)).toBe(401);
  });

  it("AD02: takes no key that could be guessed", async () => {
    for (const key of ["", "secret", "undefined", "null", "lacre-console"]) {
      const guessed = new TextEncoder().encode(key);
      expect(await statusOf(signed({}, decodeJwt(token), guessed))).toBe(401);
    }
  });

  it("AD03: fetches no key that a token brings along or names", async () => {
    const own = { kty: "oct", k: Buffer.from("secret").toString("base64url") };
    for (const header of [
      ...[{ kid: "../../../../dev/null" }, { kid: "' or 1=1 --" }, { kid: "__proto__" }],
      ...[{ jwk: own }, { jku: "http://127.0.0.1:1/keys" }, { x5u: "http://127.0.0.1:1/cert" }],
    ]) {
      const key = new TextEncoder().encode("secret");
      expect(await statusOf(signed(header, decodeJwt(token), key))).toBe(401);
      expect(await statusOf(signed(header, decodeJwt(token)))).toBe(200); // ignored, not believed
    }
  });

  it("AD04: takes no claim that was changed, is missing, or is out of its time", async () => {
    const claims = decodeJwt(token);
    const [header, , signature] = token.split(".");
    const now = Math.floor(world().clock.nowMs() / 1000);
    const changed = encode({ ...claims, sub: world().owner.id });
    expect(await statusOf(`${header}.${changed}.${signature}`)).toBe(401);
    expect(await statusOf(`${header}.${encode(claims)}`)).toBe(401);
    for (const name of ["exp", "iat", "iss", "aud", "sub", "jti", "sid", "sv"])
      expect([name, await statusOf(signed({}, { ...claims, [name]: undefined }))]).toEqual([
        name,
        401,
      ]);
    for (const wrong of [
      ...[{ exp: now - 1 }, { exp: String(now + 100) }, { nbf: now + 100 }, { iss: "other" }],
      ...[{ aud: "other" }, { sid: "s_other" }, { sv: 99 }, { sub: world().owner.id }],
    ])
      expect([wrong, await statusOf(signed({}, { ...claims, ...wrong }))]).toEqual([wrong, 401]);
    world().clock.move(301);
    expect(await statusOf(token)).toBe(401);
  });

  it("AD05: takes no half of a sign-in: neither a ticket nor a challenge nor a refresh token", async () => {
    const { lacre } = world();
    const headers = { authorization: person.authorization };
    const { challengeId } = (await lacre.ask("/v1/passkeys/options", { body: {}, headers })).body;
    const again = { password: person.password, totp: person.freshCode() };
    const begun = await lacre.ask("/v1/me/totp", { token, body: again });
    expect(begun.status).toBe(200);
    for (const half of [challengeId, begun.body.ticket, person.cookie.split("=")[1]])
      expect(await statusOf(half)).toBe(401);
    expect(await statusOf(signed({ typ: "JWT" }, decodeJwt(token)))).toBe(401);
  });

  it("takes no other spelling of a token that counts", async () => {
    const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const last = token.at(-1) ?? "";
    // 32 bytes are 43 letters, of which the last holds 4 bits: four letters stand for them.
    const first = letters.indexOf(last) & ~3;
    for (const letter of letters.slice(first, first + 4))
      expect([letter, await statusOf(token.slice(0, -1) + letter)]).toEqual([
        letter,
        letter === last ? 200 : 401,
      ]);
    const [header, payload, signature] = token.split(".");
    for (const other of [
      ...[`${token}=`, `${token}==`, `${header}=.${payload}.${signature}`, `${token}.`],
      token
        .replaceAll("-", "+")
        .replaceAll("_", "/")
        .padEnd(token.length + 1, "="),
    ])
      expect([other, await statusOf(other)]).toEqual([other, 401]);
  });

  it("AD17: ends a token at once with its session", async () => {
    const { lacre } = world();
    expect((await lacre.ask("/v1/logout", { method: "POST", token })).status).toBe(204);
    expect(await statusOf(token)).toBe(401);
  });

  it("AD17: ends all tokens at once with another role, a disabled person, another password", async () => {
    const { lacre, owner } = world();
    const admin = (await owner.signIn()).body.token;
    const change = (body: object, version: number): Promise<{ status: number }> =>
      lacre.ask(`/v1/people/${person.id}`, {
        ...{ method: "PATCH", token: admin, body },
        headers: { "if-match": `"${version}"` },
      });
    expect((await change({ role: "operator" }, 1)).status).toBe(200);
    expect(await statusOf(token)).toBe(401);

    world().clock.move(60);
    ({ token } = (await person.signIn()).body);
    const newPassword = "another long password";
    const { status, body } = await lacre.ask("/v1/me/password", {
      token,
      body: { password: person.password, newPassword, totp: person.freshCode() },
    });
    expect(status).toBe(200);
    expect([await statusOf(token), await statusOf(body.token)]).toEqual([401, 200]);

    expect((await change({ active: false }, 2)).status).toBe(200);
    expect(await statusOf(body.token)).toBe(401);
  });
}
