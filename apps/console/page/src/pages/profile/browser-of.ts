/** In this order: most browsers also name those that they want to be taken for. */
const BROWSERS = [
  ["Edge", /\bEdg(?:e|A|iOS)?\/(\d+)/],
  ["Opera", /\bOPR\/(\d+)/],
  ["Samsung Internet", /\bSamsungBrowser\/(\d+)/],
  ["Firefox", /\b(?:Firefox|FxiOS)\/(\d+)/],
  ["Chrome", /(?:Chrome|Chromium|CriOS)\/(\d+)/],
  ["Safari", /\bVersion\/(\d+).*\bSafari\//],
] as const;
const SYSTEMS = [
  ["Android", /Android/],
  ["iOS", /iPhone|iPad/],
  ["ChromeOS", /\bCrOS\b/],
  ["Windows", /Windows/],
  ["macOS", /Mac OS X/],
  ["Linux", /Linux/],
] as const;

/** A few words for a `User-Agent`, so that somebody knows their own browser again. It is not to be trusted. */
export function browserOf(userAgent: string | null): string | undefined {
  if (userAgent === null || userAgent === "") return undefined;
  const system = SYSTEMS.find(([, pattern]) => pattern.test(userAgent))?.[0];
  const [name, pattern] = BROWSERS.find(([, one]) => one.test(userAgent)) ?? [];
  const browser = name && `${name} ${pattern?.exec(userAgent)?.[1]}`;
  const parts = [browser, system].filter((part) => part !== undefined);
  // A program names itself first, and is no browser: `curl/8.5.0`.
  return parts.length > 0 ? parts.join(", ") : userAgent.split(" ")[0]?.slice(0, 40);
}
