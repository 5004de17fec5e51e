/** The time. Milliseconds since 1970; never goes back within one process. */
export interface Clock {
  nowMs(): number;
}

let lastMs = 0;

/**
 * The system's clock, held back from going backwards: a clock set back opens no window again. A step forward is
 * followed at once, however large: who stayed behind (after a machine's sleep, say) would accept again what a shared
 * store has rightly forgotten. After a step forward that was wrong, all is refused until the time has come or the
 * process starts anew.
 */
export const systemClock: Clock = {
  nowMs: () => (lastMs = Math.max(lastMs, Date.now())),
};

/** The whole second that a moment lies in. */
export const secondOf = (ms: number): number => Math.floor(ms / 1000);
