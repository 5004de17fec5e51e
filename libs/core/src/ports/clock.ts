/** The time. Milliseconds since 1970; never goes back within one process. */
export interface Clock {
  nowMs(): number;
}

let lastMs = 0;

/** The system's clock, held back from going backwards: a clock set back opens no window again. */
export const systemClock: Clock = {
  nowMs: () => (lastMs = Math.max(lastMs, Date.now())),
};

/** The whole second that a moment lies in. */
export const secondOf = (ms: number): number => Math.floor(ms / 1000);
