import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { extname, join, sep } from "node:path";

/** A file of the page, as it is sent. */
export interface PageFile {
  readonly type: string;
  readonly etag: string;
  /** As it is, and compressed where the build has done that. */
  readonly plain: Buffer;
  readonly br: Buffer | undefined;
  readonly gzip: Buffer | undefined;
  /** Its name changes with its content. */
  readonly isHashed: boolean;
}

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".ico": "image/x-icon",
  ".woff2": "font/woff2",
  ".json": "application/json",
  ".webmanifest": "application/manifest+json",
  ".txt": "text/plain; charset=utf-8",
};

/** Where the page is built to: a folder that its build empties, so nothing else may be there. */
const PAGE_FOLDER = join(import.meta.dirname, "..", "..", "dist", "page");

/**
 * Reads the page once, so that what is sent is what was there at the start, and no path of a request ever reaches the
 * file system. By path, such as `/assets/index-3f2a.js`. Empty where the page is not built.
 */
export function readPage(folder = PAGE_FOLDER): ReadonlyMap<string, PageFile> {
  if (!existsSync(join(folder, "index.html"))) return new Map();
  const files = new Map<string, PageFile>();
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const type = TYPES[extname(entry.name)];
    if (!entry.isFile() || type === undefined) continue;
    const file = join(entry.parentPath, entry.name);
    const path = `/${file.slice(folder.length + 1).replaceAll(sep, "/")}`;
    const plain = readFileSync(file);
    files.set(path, {
      type,
      plain,
      br: readIfThere(`${file}.br`),
      gzip: readIfThere(`${file}.gz`),
      etag: `"${createHash("sha256").update(plain).digest("base64url").slice(0, 22)}"`,
      isHashed: path.startsWith("/assets/"),
    });
  }
  return files;
}

const readIfThere = (file: string): Buffer | undefined =>
  existsSync(file) ? readFileSync(file) : undefined;
