import type { Request } from "express";
import { readCookie } from "./browser-cookies.js";
import { hashOf } from "./hash-of.js";
import { networkOf } from "./network-of.js";

/** Where a request comes from, as far as counting and showing go. */
export interface Source {
  readonly address: string | null;
  readonly userAgent: string | undefined;
  /** `network:192.0.2.0/24` */
  readonly network: string;
  /** `browser:` and a hash, of a browser that says it is known. Whether it is, the database says. */
  readonly browser: string | undefined;
}

const MOST_CHARACTERS = 300;

/** @param origin the console's own: it says how its cookies are called */
export function sourceOf(request: Request, origin: string): Source {
  const token = readCookie(request, origin, "browser");
  return {
    address: request.ip ?? null,
    userAgent: request.headers["user-agent"]?.slice(0, MOST_CHARACTERS),
    network: `network:${networkOf(request.ip)}`,
    browser: token === undefined ? undefined : browserOrigin(token),
  };
}

export const browserOrigin = (token: string): string => `browser:${hashOf(token)}`;
