// A contestant: `prepare(n)` outside of the clock, then `run(prepared)` against it. `prepare(n, true)` makes what must
// be refused.
import { messageOf, spoilt } from "./message.mjs";

/**
 * Verifies. `sign(message)` gives what signing adds, `arrive(message, signed)` makes of it what a server has,
 * `isRight(arrived, message)` judges that, at once or later; it may also throw.
 */
export function verifying({ method, sign, arrive, isRight, own = {} }) {
  const contestant = {
    async prepare(n, isSpoilt = false) {
      const prepared = [];
      for (let i = 0; i < n; i++) {
        const message = messageOf(method, own);
        const signed = await sign(message);
        const sent = isSpoilt ? spoilt(message) : message;
        prepared.push({ arrived: arrive(sent, signed), sent });
      }
      return prepared;
    },
    async run(prepared) {
      let right = 0;
      for (const { arrived, sent } of prepared) {
        const verdict = isRight(arrived, sent);
        // A promise is waited for, and nothing else: what answers at once is not charged for waiting.
        if (typeof verdict === "boolean" ? verdict : await verdict) right++;
      }
      expectAll(right, prepared.length);
    },
  };
  return { ...contestant, proof: contestant };
}

/** Signs. `proof` is the contestant that verifies what `sign` makes. */
export function signing({ method, sign, proof: { proof } }) {
  const message = messageOf(method);
  return {
    proof,
    prepare: (n) => n,
    async run(n) {
      let right = 0;
      for (let i = 0; i < n; i++) {
        const signed = sign(message);
        const lines = signed instanceof Promise ? await signed : signed;
        if (lines.length > 0) right++;
      }
      expectAll(right, n);
    },
  };
}

/** It accepts what it should and refuses the rest; otherwise its time says nothing. */
export async function prove(name, { proof: judge }) {
  if (judge === undefined) return;
  await judge.run(await judge.prepare(5));
  for (let i = 0; i < 5; i++) {
    const changed = await judge.prepare(1, true);
    const isTaken = await judge.run(changed).then(
      () => true,
      () => false,
    );
    if (isTaken) throw new Error(`${name} takes a request that was changed`);
  }
}

export function expectAll(right, n) {
  if (right !== n) throw new Error(`${n - right} of ${n} operations went wrong`);
}
