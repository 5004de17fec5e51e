const BROWSERS = [
  ["Edge", /\bEdg\w*\/(\d+)/],
  ["Opera", /\bOPR\/(\d+)/],
  ["Firefox", /\bFirefox\/(\d+)/],
  ["Chrome", /\bChrom\w+\/(\d+)/],
  ["Safari", /\bVersion\/(\d+).*\bSafari\//],
] as const;
const SYSTEMS = [
  ["Android", /Android/],
  ["iOS", /iPhone|iPad/],
  ["Windows", /Windows/],
  ["macOS", /Mac OS X/],
  ["Linux", /Linux/],
] as const;

/** A few words for a `User-Agent`, so that somebody knows their own browser again. It is not to be trusted. */
export function browserOf(userAgent: string | null): string | undefined {
  if (userAgent === null || userAgent === "") return undefined;
  const system = SYSTEMS.find(([, pattern]) => pattern.test(userAgent))?.[0];
  for (const [name, pattern] of BROWSERS) {
    const [, version] = pattern.exec(userAgent) ?? [];
    if (version !== undefined)
      return [`${name} ${version}`, system].filter((part) => part !== undefined).join(", ");
  }
  return userAgent.slice(0, 40);
}
