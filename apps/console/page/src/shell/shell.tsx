import { Suspense, useEffect, useState, type JSX } from "react";
import { ActionIcon } from "@mantine/core";
import { IconMenu2, IconX } from "@tabler/icons-react";
import { Link, Route, Switch, useLocation } from "wouter";
import { useRead } from "../api/use-api.js";
import { MeContext, useMe } from "../api/use-me.js";
import { Boundary } from "../parts/boundary.js";
import { Seal } from "../parts/seal.js";
import { Splash } from "../parts/splash.js";
import { Failing, Loading } from "../parts/states.js";
import { useWords } from "../words/use-words.js";
import { ForbiddenPage } from "./forbidden-page.js";
import { HelpDialog } from "./help-dialog.js";
import { MissingPage } from "./missing-page.js";
import { Navigation } from "./navigation.js";
import { PAGES, type PageEntry } from "./pages.js";
import styles from "./shell.module.css";
import { useShortcuts } from "./use-shortcuts.js";

/** What is around every page of somebody who has signed in. */
export function Shell(): JSX.Element {
  const { data: me, error, refetch } = useRead("GET /v1/me");
  if (me === undefined)
    return error === null ? <Splash /> : <Failing error={error} again={() => void refetch()} />;
  return (
    <MeContext value={me}>
      <Frame />
    </MeContext>
  );
}

function Frame(): JSX.Element {
  const { t } = useWords();
  const [path] = useLocation();
  const [open, setOpen] = useState(false);
  const [help, setHelp] = useState(false);
  useShortcuts(() => setHelp(true));
  useEffect(() => setOpen(false), [path]);
  const Icon = open ? IconX : IconMenu2;
  return (
    <div className={styles.shell} data-open={open || undefined}>
      <a className={styles.skip} href="#content">
        {t("shell.skip")}
      </a>
      {/* Not a header: that of a dialog would be a second banner. */}
      <section className={styles.bar} aria-label="Lacre">
        <Link href="/" className={styles.brand}>
          <Seal />
          <span>Lacre</span>
        </Link>
        <ActionIcon
          className={styles.menuButton}
          variant="subtle"
          size="lg"
          aria-label={open ? t("shell.menu.close") : t("shell.menu.open")}
          aria-expanded={open}
          aria-controls="navigation"
          onClick={() => setOpen(!open)}
        >
          <Icon size={20} aria-hidden />
        </ActionIcon>
      </section>
      <Navigation onHelp={() => setHelp(true)} />
      <main id="content" tabIndex={-1} className={styles.main}>
        <Boundary key={path}>
          <Suspense fallback={<Loading lines={8} />}>
            <Switch>
              {PAGES.map((page) => (
                <Route key={page.path} path={page.path}>
                  {(params) => <Opened key={path} page={page} params={params} />}
                </Route>
              ))}
              <Route>
                <MissingPage />
              </Route>
            </Switch>
          </Suspense>
        </Boundary>
      </main>
      <HelpDialog opened={help} onClose={() => setHelp(false)} />
    </div>
  );
}

function Opened({
  page: { permission, Component },
  params,
}: {
  page: PageEntry;
  params: object;
}): JSX.Element {
  const { may } = useMe();
  if (!may(permission)) return <ForbiddenPage />;
  return <Component params={params as Record<string, string>} />;
}
