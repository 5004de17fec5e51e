import type { Request } from "express";
import { Problem } from "../problems/problem.js";

/**
 * Refuses what another site may have made a browser send. A browser says where a POST comes from, in a header that no
 * script can set; an older one names the origin. A form of another site cannot send JSON.
 * @throws Problem `not-own-page`
 */
export function requireSameOrigin(request: Request, origin: string): void {
  const site = request.headers["sec-fetch-site"];
  const isOwn = site === undefined ? request.headers.origin === origin : site === "same-origin";
  const isJson = /^application\/json *(;|$)/i.test(request.headers["content-type"] ?? "");
  if (!isOwn || !isJson)
    throw new Problem("not-own-page", {
      detail: "A request with cookies must be JSON and come from the console's own page.",
    });
}
