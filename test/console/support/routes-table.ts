import type { Access } from "../../../apps/console/src/access/operation.js";
import type { RouteAccess } from "../../../apps/console/src/access/operations.js";
import { KINDS, PERMISSIONS, type Kind } from "../../../apps/console/src/access/roles.js";

/** All routes as docs/console/api.md lists them. */
export function routesTable(routes: readonly RouteAccess[]): string {
  const lines = routes
    .toSorted((a, b) => compare(a.path, b.path) || compare(a.method, b.method))
    .map(
      ({ method, path, terms: { access, summary } }) =>
        `| \`${method} ${path}\` | ${callers(access)} | ${summary.replaceAll("|", "\\|")} |`,
    );
  return ["| Route | Who may | What it does |", "|---|---|---|", ...lines].join("\n");
}

const compare = (a: string, b: string): number => (a < b ? -1 : Number(a > b));

function callers(access: Access): string {
  switch (access.by) {
    case "person": {
      const kinds: readonly Kind[] = PERMISSIONS[access.permission];
      return kinds.length === KINDS.length ? "all people" : kinds.join(", ");
    }
    case "service":
      return `services, \`${access.scope}\``;
    case "sign-in":
      return "whoever brings the proof";
    case "session":
      return "a browser, with its cookie";
    case "everybody":
      return "everybody";
  }
}
