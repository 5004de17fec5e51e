import type { JSX } from "react";
import { useLocation } from "wouter";
import { Page } from "../../shell/page.js";

/** Holds the place of a page that is being written. */
export function UnfinishedPage(): JSX.Element {
  const [path] = useLocation();
  return <Page title={path}>{null}</Page>;
}
