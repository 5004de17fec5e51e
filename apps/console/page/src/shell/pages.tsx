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
import { OpenRequestsBadge } from "../pages/requests/open-requests-badge.js";
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
    /** What waits there. */
    readonly Badge?: ComponentType;
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

export const PAGES: readonly PageEntry[] = [
  {
    path: "/",
    permission: "verdicts.read",
    Component: late(() => import("../pages/home/home-page.js"), "HomePage"),
    place: { label: "nav.home", icon: IconShieldX, group: "happened", key: "h" },
  },
  {
    path: "/refusals/:id",
    permission: "verdicts.read",
    Component: late(() => import("../pages/home/refusal-page.js"), "RefusalPage"),
  },
  {
    path: "/try",
    permission: "explain.try",
    Component: late(() => import("../pages/try/try-page.js"), "TryPage"),
    place: { label: "nav.try", icon: IconFlask, group: "happened", key: "t" },
  },
  {
    path: "/clock",
    permission: "verdicts.read",
    Component: late(() => import("../pages/clock/clock-page.js"), "ClockPage"),
    place: { label: "nav.clock", icon: IconClock, group: "happened", key: "c" },
  },
  {
    path: "/apps",
    permission: "apps.read",
    Component: late(() => import("../pages/apps/apps-page.js"), "AppsPage"),
    place: { label: "nav.apps", icon: IconBox, group: "callers", key: "a" },
  },
  {
    path: "/apps/:appId/:tab?",
    permission: "apps.read",
    Component: late(() => import("../pages/apps/app-page.js"), "AppPage"),
  },
  {
    path: "/requests",
    permission: "requests.read",
    Component: late(() => import("../pages/requests/requests-page.js"), "RequestsPage"),
    place: {
      ...{ label: "nav.requests", icon: IconInbox, group: "callers", key: "r" },
      Badge: OpenRequestsBadge,
    },
  },
  {
    path: "/webhooks",
    permission: "webhooks.read",
    Component: late(() => import("../pages/webhooks/webhooks-page.js"), "WebhooksPage"),
    place: { label: "nav.webhooks", icon: IconArrowsExchange, group: "callers", key: "w" },
  },
  {
    path: "/webhooks/:id",
    permission: "webhooks.read",
    Component: late(() => import("../pages/webhooks/webhook-page.js"), "WebhookPage"),
  },
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
