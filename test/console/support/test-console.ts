import { randomBytes, randomUUID } from "node:crypto";
import type { AddressInfo } from "node:net";
import type { NestExpressApplication } from "@nestjs/platform-express";
import { MasterKeyWrapper } from "@lacre/stores/console";
import type { Kind, Role, Subrole } from "../../../apps/console/src/access/roles.js";
import type { OpenDatabase } from "../../../apps/console/src/database/database.js";
import { memberships, people, sessions, teams } from "../../../apps/console/src/database/tables.js";
import { AccessTokens } from "../../../apps/console/src/sign-in/access-tokens.js";
import {
  createConsole,
  type ConsoleTerms,
} from "../../../apps/console/src/start/create-console.js";
import {
  derivedKey,
  markKeysOf,
  type ConsoleSettings,
} from "../../../apps/console/src/start/settings.js";
import type { Databases } from "./databases.js";

const IN_A_CENTURY = new Date("2100-01-01");

/** What came back. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: any; // oxlint-disable-line typescript/no-explicit-any -- a test reads what it likes
}

export interface Ask {
  readonly method?: string;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
  readonly token?: string;
}

/** What is not as usual. */
export interface TestTerms extends Omit<Partial<ConsoleTerms>, "settings" | "database"> {
  readonly settings?: Partial<ConsoleSettings>;
  /** Any free one unless said otherwise. */
  readonly port?: number;
}

/** A console that listens on a port of its own, and people who have signed in. */
export class TestConsole {
  /** By the tokens that `somebody` gave: whose they are. */
  readonly #signedIn = new Map<string, [personId: string, sessionId: string]>();

  readonly #renewed = new Map<string, string>();

  private constructor(
    readonly app: NestExpressApplication,
    readonly database: OpenDatabase,
    readonly url: string,
    readonly masterKey: Uint8Array,
    /** What it wrote on the terminal: the link of the first start. */
    readonly shown: readonly string[],
  ) {}

  static async start(databases: Databases, terms: TestTerms = {}): Promise<TestConsole> {
    return TestConsole.startOn(await databases.open(), randomBytes(32), terms);
  }

  /** On a database that is there: as a process that is started again. */
  static async startOn(
    database: OpenDatabase,
    masterKey: Uint8Array,
    { settings, port: wanted = 0, ...terms }: TestTerms = {},
  ): Promise<TestConsole> {
    const shown: string[] = [];
    const app = await createConsole({
      settings: {
        origin: "http://127.0.0.1:3100",
        tokenKey: derivedKey(masterKey, "access tokens"),
        wrapper: new MasterKeyWrapper(masterKey),
        markKeys: markKeysOf([masterKey]),
        // Tests are one address, and in a hurry.
        addressLimits: { perMinute: 1e6, signInPerMinute: 1e6 },
        passwordCost: { memoryKib: 8, passes: 1 },
        showLink: (text) => shown.push(text),
        ...settings,
      },
      database,
      logger: false,
      ...terms,
    });
    await app.listen(wanted, "127.0.0.1");
    const { port } = app.getHttpServer().address() as AddressInfo;
    return new TestConsole(app, database, `http://127.0.0.1:${port}`, masterKey, shown);
  }

  close(): Promise<void> {
    return this.app.close();
  }

  /** Who was signed in by `somebody` stays signed in however far a test moves its clock. */
  async ask(path: string, { token, ...terms }: Ask = {}): Promise<Answer> {
    const answer = await this.#send(path, {
      ...terms,
      ...(token && { token: this.#latest(token) }),
    });
    const ids = token === undefined ? undefined : this.#signedIn.get(token);
    if (token === undefined || ids === undefined || answer.body?.code !== "not-signed-in")
      return answer;
    const fresh = await this.#issue(...ids).catch(() => token);
    this.#renewed.set(token, fresh);
    return this.#send(path, { ...terms, token: fresh });
  }

  async #send(path: string, { method, body, headers, token }: Ask): Promise<Answer> {
    const answer = await fetch(`${this.url}${path}`, {
      method: method ?? (body === undefined ? "GET" : "POST"),
      headers: {
        ...(body !== undefined && { "content-type": "application/json" }),
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...headers,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      redirect: "manual",
    });
    const type = answer.headers.get("content-type") ?? "";
    // A stream of events has no end.
    const text = type.startsWith("text/event-stream")
      ? await answer.body?.cancel()
      : await answer.text();
    const isJson = /json/.test(type);
    return {
      status: answer.status,
      headers: answer.headers,
      body: isJson ? JSON.parse(text ?? "") : text,
    };
  }

  /** A team, by name. */
  async team(name: string): Promise<string> {
    const id = `t_${randomUUID()}`;
    await this.database.db.insert(teams).values({ id, name });
    return id;
  }

  /** Somebody of this kind who has signed in: their id and an access token. No password: see the tests of sign-in. */
  async somebody(
    kind: Kind,
    teamIds: readonly string[] = [],
  ): Promise<{ id: string; token: string }> {
    const { db } = this.database;
    const id = `p_${randomUUID()}`;
    const [role, subrole] = kind.split(":") as [Role, Subrole | undefined];
    await db.insert(people).values({ id, login: id, name: `A ${kind}`, role, subrole });
    if (teamIds.length > 0)
      await db.insert(memberships).values(teamIds.map((teamId) => ({ teamId, personId: id })));
    const sessionId = `s_${randomUUID()}`;
    await db.insert(sessions).values({ id: sessionId, personId: id, expiresAt: IN_A_CENTURY });
    const token = await this.#issue(id, sessionId);
    this.#signedIn.set(token, [id, sessionId]);
    return { id, token };
  }

  #latest(token: string): string {
    return this.#renewed.get(token) ?? token;
  }

  /** Another token for somebody that `somebody` made: the one that they were given ends after five minutes. */
  async anew(token: string): Promise<string> {
    const ids = this.#signedIn.get(token);
    return ids === undefined ? token : this.#issue(...ids);
  }

  async #issue(personId: string, sessionId: string): Promise<string> {
    return (await this.app.get(AccessTokens, { strict: false }).issue(personId, sessionId)).token;
  }
}
