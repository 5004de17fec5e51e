import { useEffect, useRef, useState } from "react";
import { ApiError } from "../../api/api-error.js";
import { askFor } from "../../api/ask.js";
import type { Refusal } from "../../api/shapes.js";
import { readEvents } from "./read-events.js";

const MOST_KEPT = 200;
const LONGEST_PAUSE_MS = 30_000;

export interface Tail {
  /** The newest first. */
  readonly items: readonly Refusal[];
  readonly state: "connecting" | "on" | "broken" | "refused";
  /** Came while it was paused. */
  readonly waiting: number;
  /** Came too fast, and were not told. */
  readonly missed: number;
  readonly paused: boolean;
  readonly pause: (paused: boolean) => void;
}

/** Refusals as they happen. Connects again where the connection ends. */
export function useTail(query: { app: string; code: string }, enabled: boolean): Tail {
  const [items, setItems] = useState<readonly Refusal[]>([]);
  const [held, setHeld] = useState<readonly Refusal[]>([]);
  const [missed, setMissed] = useState(0);
  const [state, setState] = useState<Tail["state"]>("connecting");
  const [paused, setPaused] = useState(false);
  const isPaused = useRef(false);
  const { app, code } = query;
  useEffect(() => {
    setItems([]);
    setHeld([]);
    setMissed(0);
    if (!enabled) return undefined;
    const stop = new AbortController();
    const take = (event: string, data: unknown): void => {
      setState("on");
      if (event === "missed") setMissed((n) => n + (data as { count: number }).count);
      if (event !== "refusal") return;
      const put = isPaused.current ? setHeld : setItems;
      put((before) => [data as Refusal, ...before].slice(0, MOST_KEPT));
    };
    void follow({ app, code }, stop.signal, take, setState);
    return () => stop.abort();
  }, [app, code, enabled]);
  return {
    items,
    state,
    waiting: held.length,
    missed,
    paused,
    pause: (wanted) => {
      isPaused.current = wanted;
      setPaused(wanted);
      if (wanted) return;
      setItems((before) => [...held, ...before].slice(0, MOST_KEPT));
      setHeld([]);
    },
  };
}

async function follow(
  query: { app: string; code: string },
  signal: AbortSignal,
  take: (event: string, data: unknown) => void,
  say: (state: Tail["state"]) => void,
): Promise<void> {
  for (let pauseMs = 1000; !signal.aborted; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
    try {
      const { body } = await askFor("GET /v1/verdicts/stream", { query, signal });
      say("on");
      if (body !== null)
        await readEvents(body, (event, data) => {
          pauseMs = 1000;
          take(event, data);
        });
    } catch (error: unknown) {
      if (error instanceof ApiError && [401, 403].includes(error.status)) return say("refused");
    }
    if (signal.aborted) return;
    say("broken");
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}
