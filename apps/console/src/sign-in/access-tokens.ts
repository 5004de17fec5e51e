import { randomUUID } from "node:crypto";
import { Inject, Injectable } from "@nestjs/common";
import { and, eq, gt, isNull, sql } from "drizzle-orm";
import { jwtVerify, SignJWT } from "jose";
import { z } from "zod";
import type { Clock } from "@lacre/core";
import { ROLES, SUBROLES } from "../access/roles.js";
import type { Person } from "../access/person.js";
import { DATABASE } from "../database/database.module.js";
import type { Database } from "../database/database.js";
import { memberships, people, sessions } from "../database/tables.js";
import { Problem } from "../problems/problem.js";
import { CLOCK, SETTINGS, type ConsoleSettings } from "../start/settings.js";

const ALGORITHM = "HS256";
const ISSUER = "lacre-console";
const AUDIENCE = "lacre-console-api";

/** How long an access token is good, in seconds. */
export const ACCESS_SECONDS = 300;

/** With the person, in one statement: each request asks for it. */
const teamIdsOf = sql<string[]>`(select coalesce(json_agg(${memberships.teamId}), '[]'::json)
  from ${memberships} where ${memberships.personId} = ${people.id})`;

const Claims = z.object({
  sub: z.string(),
  jti: z.string(),
  iat: z.number().int(),
  exp: z.number().int(),
  /** The sign-in that it came from. */
  sid: z.string(),
  /** The session version of the person then. */
  sv: z.number().int(),
});

/** Short tokens that say who asks. RFC 7519; one algorithm, one key, which is derived from the master key. */
@Injectable()
export class AccessTokens {
  constructor(
    @Inject(DATABASE) private readonly db: Database,
    @Inject(SETTINGS) private readonly settings: ConsoleSettings,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** A token for a person who has just proven who they are, for a session that was just noted. */
  async issue(personId: string, sessionId: string): Promise<{ token: string; expiresAt: Date }> {
    const [person] = await this.db.select().from(people).where(eq(people.id, personId));
    if (person === undefined || !person.active) throw new Problem("sign-in-failed");
    const { name, login, email, role, subrole, sessionVersion } = person;
    const issuedAt = Math.floor(this.clock.nowMs() / 1000);
    const expiresAt = issuedAt + ACCESS_SECONDS;
    const token = await new SignJWT({
      user_id: personId,
      user_name: name,
      user_roles: [role, ...(subrole === null ? [] : [`${role}:${subrole}`])],
      other_fields: { login, email },
      sid: sessionId,
      sv: sessionVersion,
    })
      .setProtectedHeader({ alg: ALGORITHM, typ: "at+jwt" })
      .setSubject(personId)
      .setIssuer(ISSUER)
      .setAudience(AUDIENCE)
      .setJti(randomUUID())
      .setIssuedAt(issuedAt)
      .setExpirationTime(expiresAt)
      .sign(this.settings.tokenKey);
    return { token, expiresAt: new Date(expiresAt * 1000) };
  }

  /**
   * Who asks with this token.
   * @throws Problem `not-signed-in` for whatever is wrong with it, or with the person or the session meanwhile
   */
  async read(token: string): Promise<Person> {
    const { sub, sid, sv } = await this.#claimsOf(token);
    const [person] = await this.db
      .select({
        id: people.id,
        login: people.login,
        name: people.name,
        role: people.role,
        subrole: people.subrole,
        active: people.active,
        sessionVersion: people.sessionVersion,
        teamIds: teamIdsOf,
      })
      .from(people)
      .innerJoin(sessions, eq(sessions.personId, people.id))
      .where(
        and(
          eq(people.id, sub),
          eq(sessions.id, sid),
          isNull(sessions.endedAt),
          gt(sessions.expiresAt, new Date(this.clock.nowMs())),
        ),
      );
    if (person === undefined || !person.active || person.sessionVersion !== sv)
      throw new Problem("not-signed-in");
    return {
      id: person.id,
      login: person.login,
      name: person.name,
      role: z.enum(ROLES).parse(person.role),
      subrole: z.enum(SUBROLES).nullable().parse(person.subrole) ?? undefined,
      teamIds: person.teamIds,
      sessionId: sid,
    };
  }

  async #claimsOf(token: string): Promise<z.output<typeof Claims>> {
    try {
      if (!isCanonical(token)) throw new Problem("not-signed-in");
      const { payload } = await jwtVerify(token, this.settings.tokenKey, {
        algorithms: [ALGORITHM],
        issuer: ISSUER,
        audience: AUDIENCE,
        typ: "at+jwt",
        currentDate: new Date(this.clock.nowMs()),
        requiredClaims: ["exp", "iat", "sub", "jti", "sid", "sv"],
      });
      return Claims.parse(payload);
    } catch {
      throw new Problem("not-signed-in");
    }
  }
}

/** Padding, and bits of a last letter that stand for nothing: one token has one spelling. RFC 7515, appendix C */
const isCanonical = (token: string): boolean =>
  token.split(".").every((part) => Buffer.from(part, "base64url").toString("base64url") === part);
