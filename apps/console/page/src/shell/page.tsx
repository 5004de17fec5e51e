import { useEffect, useRef, type JSX, type ReactNode } from "react";
import { IconChevronLeft } from "@tabler/icons-react";
import { Link } from "wouter";
import styles from "./page.module.css";

/** The first page of a visit leaves the focus where a browser puts it. */
let visited = false;

/** A page: its title, which is also said when somebody comes to it, what it can do, and its content. */
export function Page({
  title,
  lead,
  actions,
  back,
  children,
}: {
  title: string;
  /** One sentence: what one finds here. */
  lead?: ReactNode;
  actions?: ReactNode;
  back?: { readonly href: string; readonly label: string };
  children: ReactNode;
}): JSX.Element {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} · Lacre`;
  }, [title]);
  useEffect(() => {
    if (visited) {
      heading.current?.focus({ preventScroll: true });
      scrollTo(0, 0);
    }
    visited = true;
  }, []);
  return (
    <div className={styles.page}>
      {back !== undefined && (
        <Link className={styles.back} href={back.href}>
          <IconChevronLeft size={15} aria-hidden />
          {back.label}
        </Link>
      )}
      <div className={styles.head}>
        <div>
          <h1 ref={heading} tabIndex={-1}>
            {title}
          </h1>
          {lead !== undefined && <p className={styles.lead}>{lead}</p>}
        </div>
        {actions !== undefined && <div className={styles.actions}>{actions}</div>}
      </div>
      {children}
    </div>
  );
}
