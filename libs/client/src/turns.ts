/** Runs one function at a time: a call from inside it has it run again afterwards. */
export class Turns {
  #asked = 0;

  take(turn: () => void): void {
    if (this.#asked++ > 0) return;
    try {
      for (; this.#asked > 0; this.#asked--) {
        this.#asked = 1;
        turn();
      }
    } finally {
      this.#asked = 0;
    }
  }
}
