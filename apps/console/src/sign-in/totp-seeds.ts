import { Inject, Injectable } from "@nestjs/common";
import { sealSecret, type SealedSecret } from "@lacre/stores/console";
import { SETTINGS, type ConsoleSettings } from "../start/settings.js";
import { openRecord } from "../vault/open-record.js";
import { newSeed } from "./totp.js";

const NOBODY = "nobody";
const contextOf = (personId: string): string => `totp:${personId}`;

/** Seeds at rest, each sealed for its person. */
@Injectable()
export class TotpSeeds {
  #nobodys: Promise<SealedSecret> | undefined;

  constructor(@Inject(SETTINGS) private readonly settings: ConsoleSettings) {}

  seal(seed: Uint8Array, personId: string): Promise<SealedSecret> {
    return sealSecret(seed, contextOf(personId), this.settings.wrapper);
  }

  /** @throws Problem `unavailable` */
  open(sealed: SealedSecret, personId: string): Promise<Uint8Array> {
    const { wrapper } = this.settings;
    return openRecord(sealed, contextOf(personId), wrapper, "The second factor");
  }

  /** A seed that nobody has, opened with the same work as somebody's. */
  async openNobodys(): Promise<Uint8Array> {
    return this.open(await (this.#nobodys ??= this.seal(newSeed(), NOBODY)), NOBODY);
  }
}
