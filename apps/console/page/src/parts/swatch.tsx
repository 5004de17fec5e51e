import type { JSX } from "react";
import { textureAt } from "./texture.js";
import styles from "./swatch.module.css";

/** A colour of a chart with its texture, beside its name. */
export function Swatch({ colour, place }: { colour: string; place: number }): JSX.Element {
  return (
    <svg className={styles.swatch} viewBox="0 0 12 12" aria-hidden="true">
      <rect width="12" height="12" fill={`var(${colour})`} />
      <path d={textureAt(place)} transform="translate(2 2)" />
      <path d={textureAt(place)} transform="translate(-6 2)" />
    </svg>
  );
}
