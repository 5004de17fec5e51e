/*
 * What jest gives for `@nestjs/throttler` (moduleNameMapper): the package as it is published. It is CommonJS and
 * requires Nest, which is ESM; Node does that, and jest cannot on Node 20. So its files are run here, with the Nest
 * that the tests import.
 */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import * as common from "@nestjs/common";
import * as core from "@nestjs/core";

type Exports = Record<string, unknown>;
const NEST: Readonly<Record<string, object>> = { "@nestjs/common": common, "@nestjs/core": core };
const DIST = fileURLToPath(new URL("../../node_modules/@nestjs/throttler/dist", import.meta.url));
const loaded = new Map<string, { exports: Exports }>();

function load(path: string): Exports {
  const file = path.endsWith(".js") ? path : `${path}.js`;
  const known = loaded.get(file);
  if (known !== undefined) return known.exports;
  const module = { exports: {} };
  loaded.set(file, module);
  const requireFrom = (id: string): unknown => {
    if (id.startsWith(".")) return load(join(dirname(file), id));
    return NEST[id] ?? process.getBuiltinModule(id);
  };
  // oxlint-disable-next-line no-new-func, typescript/no-implied-eval -- CommonJS is the body of a function
  new Function("require", "module", "exports", readFileSync(file, "utf8"))(
    requireFrom,
    module,
    module.exports,
  );
  return module.exports;
}

export const {
  InjectThrottlerOptions,
  InjectThrottlerStorage,
  SkipThrottle,
  Throttle,
  ThrottlerException,
  ThrottlerGuard,
  ThrottlerModule,
  ThrottlerStorage,
  ThrottlerStorageService,
} = load(join(DIST, "index.js")) as unknown as typeof import("@nestjs/throttler");
