import type { NextFunction, Request, Response } from "express";
import { Problem } from "../problems/problem.js";
import { asksForPage } from "../problems/problem-page.js";
import type { PageFile } from "./built-page.js";

const YEAR_SECONDS = 31_536_000;
/** What belongs to programs: a person who goes there has mistyped, and is told so. */
const OF_THE_API = /^\/(?:v\d+|metrics)(?:\/|$)/;

/**
 * Sends the page: its files, and `index.html` for whatever else a person opens, since the page finds its own way, and
 * says itself where there is nothing. Programs get 404 there.
 * @param files of `readPage`
 */
export function servePage(files: ReadonlyMap<string, PageFile>) {
  const index = files.get("/index.html");
  return (request: Request, response: Response, next: NextFunction): void => {
    if (!["GET", "HEAD"].includes(request.method) || OF_THE_API.test(request.path)) return next();
    const file = request.path === "/index.html" ? undefined : files.get(request.path);
    if (file !== undefined) return send(file, request, response);
    // At the door there is nothing else, for whoever takes it.
    const takesIt = request.path === "/" && request.accepts("html") !== false;
    if (!takesIt && !asksForPage(request)) return next();
    if (index !== undefined) return send(index, request, response);
    next(new Problem("unavailable", { detail: "The page is not built: npm run console:page" }));
  };
}

function send(file: PageFile, request: Request, response: Response): void {
  const isDocument = file.type.startsWith("text/html");
  response.set({
    "Content-Type": file.type,
    "Cache-Control": isDocument
      ? "no-store"
      : file.isHashed
        ? `public, max-age=${YEAR_SECONDS}, immutable`
        : "no-cache",
    Vary: isDocument ? "Accept, Accept-Encoding" : "Accept-Encoding",
    ETag: file.etag,
  });
  if (!isDocument && request.fresh) {
    response.status(304).end();
    return;
  }
  const coding = codingOf(file, request);
  if (coding !== undefined) response.set("Content-Encoding", coding);
  const content = coding === undefined ? file.plain : (file[coding] ?? file.plain);
  response.set("Content-Length", String(content.length));
  response.end(request.method === "HEAD" ? undefined : content);
}

function codingOf(file: PageFile, request: Request): "br" | "gzip" | undefined {
  const there = (["br", "gzip"] as const).filter((coding) => file[coding] !== undefined);
  const chosen = request.acceptsEncodings([...there, "identity"]);
  return there.find((coding) => coding === chosen);
}
