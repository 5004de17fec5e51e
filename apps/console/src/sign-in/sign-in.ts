import { Injectable, Inject } from "@nestjs/common";
import { DATABASE } from "../database/database.module.js";
import type { Database, Transaction } from "../database/database.js";
import { Problem } from "../problems/problem.js";
import { Accounts } from "./accounts.js";
import type { BasicCredentials } from "./basic-credentials.js";
import { Failures } from "./failures.js";
import { Guesses, type Place } from "./guesses.js";
import { PasswordHashes } from "./password-hashes.js";
import { canBePassword } from "./passwords.js";
import type { Proof } from "./proof.js";
import type { Source } from "./source.js";

export interface Attempt {
  /** Undefined: none that can be read. */
  readonly credentials: BasicCredentials | undefined;
  readonly proof: Proof;
  readonly source: Source;
}

/** Who has proven to be themselves, and from where. */
export interface Proven {
  readonly personId: string;
  readonly place: Place;
  /** How many wrong codes there were before, with the right password. */
  readonly wrongCodes: number;
}

const NOBODY: BasicCredentials = { login: "", password: "" };

/**
 * Proves who somebody is, with a password and a second factor. Whatever is wrong, the work, the statements and the
 * answer are the same.
 */
@Injectable()
export class SignIn {
  constructor(
    @Inject(DATABASE) private readonly db: Database,
    private readonly accounts: Accounts,
    private readonly hashes: PasswordHashes,
    private readonly failures: Failures,
    private readonly guesses: Guesses,
  ) {}

  /**
   * @param act what the proof is for: in the transaction that uses it up
   * @throws Problem `sign-in-failed`; `slow-down` for too many failures from there, right or wrong; `unavailable`
   */
  async prove<Result>(
    { credentials = NOBODY, proof, source }: Attempt,
    act: (tx: Transaction, proven: Proven) => Promise<Result>,
  ): Promise<Result> {
    const { login, password } = credentials;
    const { account, place } = await this.accounts.find(login, source);
    const browser = place.origin === source.browser ? place.origin : undefined;
    // What cannot be guessed is neither counted nor slowed: that keeps a way in open.
    const counted = proof.isGuessable
      ? await this.failures.count(login, source, browser)
      : { subjects: [] };

    const isRight = await this.#isRight(account?.passwordHash, password, place.origin);
    const useUp = await proof.read(account);

    const outcome = await this.db.transaction(async (tx) => {
      const personId = isRight ? account?.personId : undefined;
      const mayCount = !proof.isGuessable || (await this.guesses.count(tx, personId, place));
      const use = await useUp(tx, mayCount ? personId : undefined);
      const isGood = use === "counted" && mayCount && personId !== undefined;
      // Elsewhere a failure less would tell whoever has seen a code that the password was right.
      const isOwn = use === "late" && place.isKnown;
      await this.failures.settle(tx, counted, isGood || isOwn);
      if (!isGood) {
        if (proof.isGuessable)
          await this.guesses.giveBack(tx, use === "late" ? personId : undefined, place);
        return undefined;
      }
      const wrongCodes = await this.guesses.succeed(tx, personId, place, proof.isGuessable);
      return { result: await act(tx, { personId, place, wrongCodes }) };
    });
    if (outcome === undefined) throw new Problem("sign-in-failed");
    return outcome.result;
  }

  /** A password that is too long to be one is hashed in another's place. */
  #isRight(stored: string | undefined, password: string, lane: string): Promise<boolean> {
    return canBePassword(password)
      ? this.hashes.isRight(stored, password, lane)
      : this.hashes.isRight(undefined, "-", lane);
  }
}
