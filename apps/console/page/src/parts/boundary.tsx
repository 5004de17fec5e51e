import { Component, type JSX, type ReactNode } from "react";
import { Button } from "@mantine/core";
import { useWords } from "../words/use-words.js";
import styles from "./states.module.css";

/**
 * Stands where a part of the page would be that could not be loaded or drawn: the network was away, or the console was
 * renewed meanwhile and its parts have other names. A browser may remember that a part failed, so the way out of it is
 * to load the whole page.
 */
export class Boundary extends Component<{ children: ReactNode }, { failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError(): { failed: boolean } {
    return { failed: true };
  }

  override render(): ReactNode {
    return this.state.failed ? <NotLoaded /> : this.props.children;
  }
}

function NotLoaded(): JSX.Element {
  const { t } = useWords();
  return (
    <div className={styles.state} role="alert">
      <h1>{t("state.notLoaded")}</h1>
      <p className={styles.text}>{t("state.notLoaded.text")}</p>
      <Button onClick={() => location.reload()}>{t("state.reload")}</Button>
    </div>
  );
}
