import type { JSX } from "react";
import type { TotpSeed } from "../../api/shapes.js";
import { CopyBlock } from "../../parts/copy-block.js";
import { useWords } from "../../words/use-words.js";
import styles from "./front-door.module.css";

/** The seed of an authenticator app, as a picture and as text. */
export function TotpSeedView({ seed: { qrSvg, secret } }: { seed: TotpSeed }): JSX.Element {
  const { t } = useWords();
  return (
    <>
      <Qr svg={qrSvg} label={t("enrol.seed.qr")} />
      <p className={styles.hint}>{t("enrol.seed.manual")}</p>
      <CopyBlock
        wraps
        text={secret.replaceAll(/(.{4})(?=.)/g, "$1 ")}
        label={t("enrol.seed.manual")}
      />
    </>
  );
}

/** Of the picture only the outline of its dark modules is taken: nothing that came as text becomes markup here. */
function Qr({ svg, label }: { svg: string; label: string }): JSX.Element {
  const [, box = "0 0 41 41"] = /viewBox="([\d .]+)"/.exec(svg) ?? [];
  const [, outline = ""] = /stroke="#000000" d="([\w .-]+)"/.exec(svg) ?? [];
  return (
    <div className={styles.qr}>
      <svg viewBox={box} role="img" aria-label={label} shapeRendering="crispEdges">
        <path d={outline} stroke="#000" />
      </svg>
    </div>
  );
}
