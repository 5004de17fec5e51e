import type { Request, Response } from "express";

/** How long a browser stays known after a complete sign-in, in seconds. */
export const BROWSER_SECONDS = 90 * 86_400;

type Name = "refresh" | "browser";

/**
 * On https `__Host-` binds a cookie to this host: no neighbour under the same domain can set it. That prefix asks for
 * the path `/`. Without https, on one's own machine, the path is the API's.
 */
const nameOf = (name: Name, isSecure: boolean): string =>
  `${isSecure ? "__Host-" : ""}lacre-${name}`;

function readCookie(request: Request, name: Name): string | undefined {
  for (const pair of (request.headers.cookie ?? "").split(";")) {
    const [key, value] = pair.trim().split("=", 2);
    if (value !== undefined && (key === nameOf(name, true) || key === nameOf(name, false)))
      return value;
  }
  return undefined;
}

export const refreshTokenOf = (request: Request): string | undefined =>
  readCookie(request, "refresh");
export const browserTokenOf = (request: Request): string | undefined =>
  readCookie(request, "browser");

/** Gives a browser a cookie that no script can read and no other site can make it send. */
export function setCookie(
  response: Response,
  origin: string,
  name: Name,
  value: string,
  seconds: number,
): void {
  const secure = origin.startsWith("https:");
  response.cookie(nameOf(name, secure), value, {
    httpOnly: true,
    sameSite: "strict",
    secure,
    path: secure ? "/" : "/v1",
    maxAge: seconds * 1000,
  });
}
