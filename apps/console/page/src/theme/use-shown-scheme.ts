import { useSyncExternalStore } from "react";

const { documentElement } = document;

function subscribe(listener: () => void): () => void {
  const observer = new MutationObserver(listener);
  observer.observe(documentElement, { attributeFilter: ["data-mantine-color-scheme"] });
  return () => observer.disconnect();
}

const shown = (): string | null => documentElement.getAttribute("data-mantine-color-scheme");

/** Light or dark, as the colours of the stylesheet are by now: for whoever reads them from there. */
export const useShownScheme = (): string | null => useSyncExternalStore(subscribe, shown);
