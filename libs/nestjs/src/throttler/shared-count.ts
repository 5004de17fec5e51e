/**
 * What one GraphQL request has been counted for. Several resolvers share it: they are counted one after the other, each
 * once however many aliases ask, and what holds for all of them together once for the request.
 */
export class SharedCount {
  readonly #verdicts = new Map<unknown, Promise<boolean>>();
  #last: Promise<unknown> = Promise.resolve();

  /** What counting this resolver came to. */
  onceFor(resolver: object, count: () => Promise<boolean>): Promise<boolean> {
    return this.share(resolver, () => {
      const verdict = this.#last.then(count);
      this.#last = verdict.catch(() => undefined);
      return verdict;
    });
  }

  /** What counting under this name came to, whichever resolver asked first. */
  share(name: unknown, count: () => Promise<boolean>): Promise<boolean> {
    const known = this.#verdicts.get(name);
    if (known !== undefined) return known;
    const verdict = count();
    this.#verdicts.set(name, verdict);
    return verdict;
  }
}
