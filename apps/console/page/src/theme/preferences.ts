import { useSyncExternalStore } from "react";
import { LANGUAGES, type Language } from "../words/languages.js";

/** What a reader has chosen for this browser. Nothing here is a secret. */
export interface Preferences {
  readonly theme: "system" | "light" | "dark";
  readonly language: Language;
  /** The zone that times are shown in. */
  readonly times: "local" | "utc";
}

/** Read by public/first-paint.js too. */
const KEY = "lacre.preferences";
const listeners = new Set<() => void>();
let current = read();

function read(): Preferences {
  const fallback = { theme: "system", language: ownLanguage(), times: "local" } as const;
  try {
    const kept = JSON.parse(localStorage.getItem(KEY) ?? "{}") as Partial<Preferences>;
    const language = LANGUAGES.find((name) => name === kept.language) ?? fallback.language;
    return { ...fallback, ...kept, language };
  } catch {
    return fallback;
  }
}

function ownLanguage(): Language {
  for (const wanted of navigator.languages) {
    const found = LANGUAGES.find((name) => wanted.toLowerCase().startsWith(name));
    if (found !== undefined) return found;
  }
  return "en";
}

export function choose(change: Partial<Preferences>): void {
  current = { ...current, ...change };
  try {
    localStorage.setItem(KEY, JSON.stringify(current));
  } catch {
    // A browser that keeps nothing forgets it with the page.
  }
  listeners.forEach((listener) => listener());
}

export const preferences = (): Preferences => current;

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export const usePreferences = (): Preferences => useSyncExternalStore(subscribe, preferences);
