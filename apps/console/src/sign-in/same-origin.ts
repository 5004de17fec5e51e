import type { Request } from "express";
import { Problem } from "../problems/problem.js";

/**
 * Refuses what another site may have made a browser send. Every browser says where a POST comes from; a form of another
 * site cannot send JSON.
 * @throws Problem `not-allowed`
 */
export function requireSameOrigin(request: Request, origin: string): void {
  const site = request.headers["sec-fetch-site"];
  const from = request.headers.origin;
  const isOwn =
    (site !== undefined || from !== undefined) &&
    (site === undefined || site === "same-origin") &&
    (from === undefined || from === origin);
  const isJson = /^application\/json *(;|$)/i.test(request.headers["content-type"] ?? "");
  if (!isOwn || !isJson)
    throw new Problem("not-allowed", {
      detail: "A request with cookies must be JSON and come from the console's own page.",
    });
}
