import { useSyncExternalStore } from "react";
import { usePreferences } from "./preferences.js";

const darkness = matchMedia("(prefers-color-scheme: dark)");

function subscribe(listener: () => void): () => void {
  darkness.addEventListener("change", listener);
  return () => darkness.removeEventListener("change", listener);
}

/** Light or dark: what the reader has chosen, or what their system says. */
export function useScheme(): "light" | "dark" {
  const { theme } = usePreferences();
  const systemIsDark = useSyncExternalStore(subscribe, () => darkness.matches);
  if (theme !== "system") return theme;
  return systemIsDark ? "dark" : "light";
}
