import { useCallback, useEffect, useRef, useState } from "react";

/** A browser that does not tell that it went back has done so by then. */
const BACK_MS = 500;

/**
 * As long as what uses it is there, going back does not take it away, and the browser asks before the page is left.
 * @returns whether somebody tried to go back; and what lets it go, to be awaited before the next page is opened
 */
export function useHeld(): { tried: boolean; release: () => Promise<void> } {
  const [tried, setTried] = useState(false);
  const letGo = useRef(() => Promise.resolve());
  useEffect(() => {
    const here = location.href;
    // Twice the same place: going back once does not leave it.
    const stand = (): void => history.pushState(history.state, "", here);
    const onBack = (event: Event): void => {
      event.stopImmediatePropagation(); // the page is not to be changed by it
      stand();
      setTried(true);
    };
    const onLeave = (event: Event): void => event.preventDefault();
    stand();
    addEventListener("popstate", onBack, { capture: true });
    addEventListener("beforeunload", onLeave);
    let held = true;
    letGo.current = async () => {
      if (!held) return;
      held = false;
      removeEventListener("popstate", onBack, { capture: true });
      removeEventListener("beforeunload", onLeave);
      if (location.href === here) await back();
    };
    return () => void letGo.current();
  }, []);
  return { tried, release: useCallback(() => letGo.current(), []) };
}

const back = (): Promise<void> =>
  new Promise((resolve) => {
    addEventListener("popstate", () => resolve(), { once: true });
    setTimeout(resolve, BACK_MS);
    history.back();
  });
