import type { JSX } from "react";
import { Link } from "wouter";
import styles from "./tabs.module.css";

/** Parts of a page that have addresses of their own. */
export function Tabs({
  label,
  tabs,
}: {
  label: string;
  tabs: readonly { readonly href: string; readonly label: string; readonly current: boolean }[];
}): JSX.Element {
  return (
    <nav className={styles.tabs} aria-label={label}>
      {tabs.map(({ href, label: name, current }) => (
        <Link key={href} href={href} aria-current={current ? "page" : undefined}>
          {name}
        </Link>
      ))}
    </nav>
  );
}
