import { lazy, type ComponentType } from "react";
import {
  IconArrowsExchange,
  IconBox,
  IconClock,
  IconFlask,
  IconHistory,
  IconInbox,
  IconSettings,
  IconShieldX,
  IconUsers,
  IconUsersGroup,
  type TablerIcon,
} from "@tabler/icons-react";
import type { Permission } from "../../../src/access/roles.js";
import type { MessageId } from "../words/message-id.js";

/** A page of somebody who has signed in. It is loaded when it is opened, and gets what its path names. */
export interface PageEntry {
  readonly path: string;
  /** Who may open it; everybody else is told so. */
  readonly permission: Permission;
  readonly Component: ComponentType<{ params: Record<string, string> }>;
  /** In the navigation; a page without it is reached from another. */
  readonly place?: {
    readonly label: MessageId;
    readonly icon: TablerIcon;
    readonly group: Group;
    /** `g`, then this. */
    readonly key: string;
  };
}

type Group = "happened" | "callers" | "console";
export const GROUPS: readonly Group[] = ["happened", "callers", "console"];

/** A component by its name, of a module that is loaded when it is first shown. */
function late<Name extends string>(
  load: () => Promise<Record<Name, PageEntry["Component"]>>,
  name: Name,
): PageEntry["Component"] {
  return lazy(async () => ({ default: (await load())[name] as PageEntry["Component"] }));
}

const unfinished = late(() => import("../pages/unfinished/unfinished-page.js"), "UnfinishedPage");

export const PAGES: readonly PageEntry[] = [
  {
    path: "/",
    permission: "verdicts.read",
    Component: late(() => import("../pages/home/home-page.js"), "HomePage"),
    place: { label: "nav.home", icon: IconShieldX, group: "happened", key: "h" },
  },
  { path: "/refusals/:id", permission: "verdicts.read", Component: unfinished },
  {
    path: "/try",
    permission: "explain.try",
    Component: unfinished,
    place: { label: "nav.try", icon: IconFlask, group: "happened", key: "t" },
  },
  {
    path: "/clock",
    permission: "verdicts.read",
    Component: unfinished,
    place: { label: "nav.clock", icon: IconClock, group: "happened", key: "c" },
  },
  {
    path: "/apps",
    permission: "apps.read",
    Component: unfinished,
    place: { label: "nav.apps", icon: IconBox, group: "callers", key: "a" },
  },
  { path: "/apps/:appId/:tab?", permission: "apps.read", Component: unfinished },
  {
    path: "/requests",
    permission: "requests.read",
    Component: unfinished,
    place: { label: "nav.requests", icon: IconInbox, group: "callers", key: "r" },
  },
  {
    path: "/webhooks",
    permission: "webhooks.read",
    Component: unfinished,
    place: { label: "nav.webhooks", icon: IconArrowsExchange, group: "callers", key: "w" },
  },
  { path: "/webhooks/:id", permission: "webhooks.read", Component: unfinished },
  {
    path: "/audit",
    permission: "audit.read",
    Component: late(() => import("../pages/audit/audit-page.js"), "AuditPage"),
    place: { label: "nav.audit", icon: IconHistory, group: "console", key: "u" },
  },
  {
    path: "/people",
    permission: "people.read",
    Component: late(() => import("../pages/people/people-page.js"), "PeoplePage"),
    place: { label: "nav.people", icon: IconUsers, group: "console", key: "p" },
  },
  {
    path: "/people/:id",
    permission: "people.read",
    Component: late(() => import("../pages/people/person-page.js"), "PersonPage"),
  },
  {
    path: "/teams",
    permission: "teams.read",
    Component: late(() => import("../pages/people/teams-page.js"), "TeamsPage"),
    place: { label: "nav.teams", icon: IconUsersGroup, group: "console", key: "m" },
  },
  {
    path: "/teams/:id",
    permission: "teams.read",
    Component: late(() => import("../pages/people/team-page.js"), "TeamPage"),
  },
  {
    path: "/settings",
    permission: "settings.read",
    Component: late(() => import("../pages/settings/settings-page.js"), "SettingsPage"),
    place: { label: "nav.settings", icon: IconSettings, group: "console", key: "s" },
  },
  {
    path: "/profile",
    permission: "self.read",
    Component: late(() => import("../pages/profile/profile-page.js"), "ProfilePage"),
  },
];
