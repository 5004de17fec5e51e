import type { Databases } from "./databases.js";
import { enrolBy, startEnrolled, type Enrolled } from "./enrolled.js";
import { MovedClock } from "./moved-clock.js";
import { TestConsole } from "./test-console.js";
import type { Kind } from "../../../apps/console/src/access/roles.js";

/** A console whose clock the test moves, which anybody may call from any address, and its first admin. */
export class SignInWorld {
  private constructor(
    readonly lacre: TestConsole,
    readonly clock: MovedClock,
    readonly owner: Enrolled,
  ) {}

  static async start(databases: Databases): Promise<SignInWorld> {
    const clock = new MovedClock();
    const lacre = await TestConsole.start(databases, {
      settings: { clock, origin: "https://console.test" },
    });
    lacre.app.set("trust proxy", true);
    const link = /enrol#([\w-]+)/.exec(lacre.shown.join(""))?.[1] ?? "";
    const owner = await enrolBy(lacre, link, { login: "Owner", name: "The owner" });
    return new SignInWorld(lacre, clock, owner);
  }

  /** Somebody new of this kind, with password and phone. */
  somebody(kind: Kind = "operator"): Promise<Enrolled> {
    return startEnrolled(this.lacre, kind);
  }
}

/** As a proxy would say it: the request comes from there. */
export const from = (address: string): Record<string, string> => ({ "x-forwarded-for": address });
