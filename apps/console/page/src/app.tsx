import { lazy, Suspense, type JSX } from "react";
import { i18n } from "@lingui/core";
import { I18nProvider } from "@lingui/react";
import { MantineProvider } from "@mantine/core";
import { Notifications } from "@mantine/notifications";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { Route, Switch } from "wouter";
import type { ApiError } from "./api/api-error.js";
import { useSession } from "./api/session.js";
import { Boundary } from "./parts/boundary.js";
import { Splash } from "./parts/splash.js";
import { theme } from "./theme/theme.js";
import { useScheme } from "./theme/use-scheme.js";

const SignInPage = lazy(() =>
  import("./pages/sign-in/sign-in-page.js").then(({ SignInPage: it }) => ({ default: it })),
);
const EnrolmentPage = lazy(() =>
  import("./pages/sign-in/enrolment-page.js").then(({ EnrolmentPage: it }) => ({ default: it })),
);
const Shell = lazy(() => import("./shell/shell.js").then(({ Shell: it }) => ({ default: it })));

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 15_000,
      // What the console has judged stays judged; only what it could not answer is asked again.
      retry: (failures, error) =>
        failures < 2 && [0, 502, 503, 504].includes((error as ApiError).status),
    },
  },
});

export function App(): JSX.Element {
  return (
    <I18nProvider i18n={i18n}>
      <MantineProvider
        theme={theme}
        forceColorScheme={useScheme()}
        // Each of these would be an inline style element. theme/page.css has them.
        withCssVariables={false}
        withGlobalClasses={false}
      >
        <Notifications position="bottom-right" autoClose={5000} limit={3} />
        <QueryClientProvider client={queries}>
          <Boundary>
            <Suspense fallback={<Splash />}>
              <Switch>
                <Route path="/enrol">
                  <EnrolmentPage />
                </Route>
                <Route>
                  <Door />
                </Route>
              </Switch>
            </Suspense>
          </Boundary>
        </QueryClientProvider>
      </MantineProvider>
    </I18nProvider>
  );
}

/** Whoever has signed in comes to the page that they asked for, everybody else to sign-in. */
function Door(): JSX.Element {
  const session = useSession();
  if (session === "unknown") return <Splash />;
  if (session === "waiting") return <Splash waiting />;
  if (session === "in") return <Shell />;
  queries.clear();
  return <SignInPage />;
}
