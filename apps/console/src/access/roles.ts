/** What a person is. One role each. */
export const ROLES = ["viewer", "developer", "operator", "admin"] as const;
export type Role = (typeof ROLES)[number];

/** Of a viewer alone: `auditor` sees everything but secrets, `team` what belongs to their teams. */
export const SUBROLES = ["auditor", "team"] as const;
export type Subrole = (typeof SUBROLES)[number];

/** Role and subrole in one word, as tables show it. */
export const KINDS = ["viewer:auditor", "viewer:team", "developer", "operator", "admin"] as const;
export type Kind = (typeof KINDS)[number];

const AUDITOR = "viewer:auditor";
const TEAM = "viewer:team";
const EVERYBODY = KINDS;

/**
 * Who may do what: the one table that the server checks and the page is drawn from. Those who are not named may not.
 * `own`: for what belongs to a team of theirs. The rule for one app or key is `mayFor` of `access/reach.ts`.
 */
export const PERMISSIONS = {
  "self.read": EVERYBODY,
  "self.change": EVERYBODY,
  "apps.read": EVERYBODY,
  "apps.create": ["operator", "admin"],
  "apps.change": ["operator", "admin"],
  "services.manage": ["admin"],
  "keys.read": EVERYBODY,
  "keys.issue": ["operator", "admin"],
  "keys.rotate": ["developer", "operator", "admin"],
  "keys.end": ["developer", "operator", "admin"],
  "keys.revoke": ["developer", "operator", "admin"],
  "requests.read": EVERYBODY,
  "requests.ask": ["developer", "operator", "admin"],
  "requests.answer": ["operator", "admin"],
  "verdicts.read": EVERYBODY,
  "explain.try": ["developer", "operator", "admin"],
  "audit.read": [AUDITOR, "operator", "admin"],
  "audit.export": [AUDITOR, "admin"],
  "webhooks.read": [AUDITOR, "operator", "admin"],
  "webhooks.manage": ["operator", "admin"],
  "people.read": [AUDITOR, "operator", "admin"],
  "people.manage": ["admin"],
  "teams.read": EVERYBODY,
  "teams.manage": ["admin"],
  "settings.read": [AUDITOR, "operator", "admin"],
  "settings.manage": ["admin"],
  "registry.export": ["admin"],
} as const satisfies Readonly<Record<string, readonly Kind[]>>;

export type Permission = keyof typeof PERMISSIONS;

/** Who sees and does only what belongs to a team of theirs. */
export const OWN_TEAMS_ONLY: readonly Kind[] = [TEAM, "developer"];

export const kindOf = (role: Role, subrole: Subrole | undefined): Kind =>
  role === "viewer" ? `viewer:${subrole ?? "team"}` : role;

export const may = (kind: Kind, permission: Permission): boolean =>
  (PERMISSIONS[permission] as readonly Kind[]).includes(kind);
