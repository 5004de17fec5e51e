/** What became of the checks of one suite. */
export class Tally {
  passed = 0;
  failures = [];
  /** Reason → the checks that were left out for it. */
  #excluded = new Map();

  /** One check: passes when both are the same text. */
  equal(name, actual, expected) {
    if (actual === expected) this.passed++;
    else
      this.failures.push(`${name}\n    expected ${show(expected)}\n    got      ${show(actual)}`);
  }

  exclude(name, reason) {
    this.#excluded.set(reason, [...(this.#excluded.get(reason) ?? []), name]);
  }

  print(suite) {
    const excluded = [...this.#excluded.values()].flat().length;
    console.log(
      `${suite}: ${this.passed} passed, ${this.failures.length} failed, ${excluded} excluded`,
    );
    for (const [reason, names] of this.#excluded)
      console.log(`  excluded: ${reason}: ${summary(names)}`);
    for (const failure of this.failures) console.log(`  FAILED ${failure}`);
  }
}

const show = (text) => JSON.stringify(text) ?? "nothing";
const summary = (names) => (names.length > 12 ? `${names.length} checks` : names.join("; "));
