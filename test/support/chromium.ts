import { chromium, type Browser } from "playwright-core";
import { need } from "./run.js";

const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Debian's Chromium, without a window. */
export async function startChromium(): Promise<Browser> {
  need("chromium", "apt-get install chromium");
  return chromium.launch({ executablePath: "/usr/bin/chromium", args: FLAGS });
}
