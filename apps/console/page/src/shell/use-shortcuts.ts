import { useEffect } from "react";
import { useLocation } from "wouter";
import { useMe } from "../api/use-me.js";
import { choose, preferences } from "../theme/preferences.js";
import { PAGES } from "./pages.js";

/** The second key of `g h` must come within this time. */
const PAUSE_MS = 1200;

/** `/` search, `g` and a letter for a page, `u` times in UTC, `?` help. None of them where somebody types. */
export function useShortcuts(onHelp: () => void): void {
  const [, go] = useLocation();
  const { may } = useMe();
  useEffect(() => {
    let goingAt = 0;
    const onKey = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
      if (document.querySelector('[role="dialog"], [role="menu"]') !== null) return;
      const going = event.timeStamp - goingAt < PAUSE_MS;
      goingAt = 0;
      if (going) {
        const page = PAGES.find(({ place }) => place?.key === event.key);
        if (page !== undefined && may(page.permission)) go(page.path);
      } else if (event.key === "g") goingAt = event.timeStamp;
      else if (event.key === "?") onHelp();
      else if (event.key === "u")
        choose({ times: preferences().times === "utc" ? "local" : "utc" });
      else if (event.key === "/") {
        const field = document.querySelector<HTMLElement>("[data-search]");
        if (field === null) return;
        event.preventDefault();
        field.focus();
      }
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, [go, may, onHelp]);
}

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  (target.isContentEditable || /^(?:INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
