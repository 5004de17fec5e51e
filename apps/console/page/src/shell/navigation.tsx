import type { JSX } from "react";
import { Menu, UnstyledButton } from "@mantine/core";
import {
  IconDeviceDesktop,
  IconKeyboard,
  IconLogout,
  IconMoon,
  IconSelector,
  IconSun,
  IconUserCircle,
} from "@tabler/icons-react";
import { Link, useLocation } from "wouter";
import { signOut } from "../api/session.js";
import { useMe } from "../api/use-me.js";
import { choose, usePreferences, type Preferences } from "../theme/preferences.js";
import { useWords } from "../words/use-words.js";
import styles from "./navigation.module.css";
import { GROUPS, PAGES } from "./pages.js";

export function Navigation({ onHelp }: { onHelp: () => void }): JSX.Element {
  const { t } = useWords();
  const { may } = useMe();
  const [path] = useLocation();
  return (
    <nav id="navigation" className={styles.navigation} aria-label={t("nav.label")}>
      <div className={styles.groups}>
        {GROUPS.map((group) => {
          const pages = PAGES.filter(
            ({ place, permission }) => place?.group === group && may(permission),
          );
          if (pages.length === 0) return null;
          return (
            <div key={group} className={styles.group}>
              <h2 id={`group-${group}`}>{t(`nav.group.${group}`)}</h2>
              <ul aria-labelledby={`group-${group}`}>
                {pages.map(({ path: to, place }) => (
                  <li key={to}>
                    <Link
                      href={to}
                      className={styles.link}
                      aria-current={isAt(path, to) ? "page" : undefined}
                    >
                      {place !== undefined && <place.icon size={18} stroke={1.6} aria-hidden />}
                      {place !== undefined && t(place.label)}
                      {place?.Badge !== undefined && <place.Badge />}
                    </Link>
                  </li>
                ))}
              </ul>
            </div>
          );
        })}
      </div>
      <OwnMenu onHelp={onHelp} />
    </nav>
  );
}

const isAt = (path: string, to: string): boolean =>
  to === "/" ? path === "/" || path.startsWith("/refusals/") : `${path}/`.startsWith(`${to}/`);

const THEMES = [
  ["system", IconDeviceDesktop],
  ["light", IconSun],
  ["dark", IconMoon],
] as const;

function OwnMenu({ onHelp }: { onHelp: () => void }): JSX.Element {
  const { t } = useWords();
  const { name, kind } = useMe();
  const { theme, times } = usePreferences();
  const [, go] = useLocation();
  return (
    <Menu
      position="top-start"
      width={232}
      offset={6}
      // Within the navigation, as landmarks want it.
      withinPortal={false}
      withInitialFocusPlaceholder={false}
    >
      <Menu.Target>
        <UnstyledButton className={styles.me}>
          <span className={styles.initials} aria-hidden="true">
            {initialsOf(name)}
          </span>
          <span className={styles.who}>
            <strong>{name}</strong>
            <span>{t(`kind.${kind}`)}</span>
          </span>
          <IconSelector size={16} aria-hidden />
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item
          leftSection={<IconUserCircle size={16} aria-hidden />}
          onClick={() => go("/profile")}
        >
          {t("nav.profile")}
        </Menu.Item>
        <Menu.Divider />
        <Menu.RadioGroup
          value={theme}
          onChange={(chosen) => choose({ theme: chosen as Preferences["theme"] })}
        >
          {THEMES.map(([value, Icon]) => (
            <Menu.RadioItem key={value} value={value} rightSection={<Icon size={16} aria-hidden />}>
              {t(`theme.${value}`)}
            </Menu.RadioItem>
          ))}
        </Menu.RadioGroup>
        <Menu.Divider />
        <Menu.CheckboxItem
          checked={times === "utc"}
          onChange={(checked) => choose({ times: checked ? "utc" : "local" })}
        >
          {t("nav.utc")}
        </Menu.CheckboxItem>
        <Menu.Item leftSection={<IconKeyboard size={16} aria-hidden />} onClick={onHelp}>
          {t("help.title")}
        </Menu.Item>
        <Menu.Divider />
        <Menu.Item
          leftSection={<IconLogout size={16} aria-hidden />}
          onClick={() => void signOut()}
        >
          {t("nav.signOut")}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

const initialsOf = (name: string): string =>
  name
    .split(/\s+/)
    .map((word) => word[0] ?? "")
    .filter((_, i, all) => i === 0 || i === all.length - 1)
    .join("")
    .toUpperCase();
