import { useEffect, useState } from "react";

/** Now, in milliseconds: rounded down to whole steps, and moving on with them. */
export function useNow(stepMs: number): number {
  const [now, setNow] = useState(() => roundedNow(stepMs));
  useEffect(() => {
    const timer = setInterval(() => setNow(roundedNow(stepMs)), Math.min(stepMs, 10_000));
    return () => clearInterval(timer);
  }, [stepMs]);
  return now;
}

const roundedNow = (stepMs: number): number => Math.floor(Date.now() / stepMs) * stepMs;
