import { bytesOfText, viewOfCanonicalText } from "../explain/canonical-text.js";
import { compareViews, firstDifference } from "../explain/compare.js";
import type { Layout } from "../explain/layout.js";
import { rowsData, type RowData } from "../explain/report.js";

/** The sender's text beside the server's. */
export interface TextDifference {
  /** Whether the two are the same, byte for byte, but for how the sender printed its own. */
  readonly equal: boolean;
  /** The first byte in which they differ, from 0. */
  readonly firstDifference?: number;
  /** Part by part: `client` is the sender's, `server` the server's. */
  readonly rows: readonly RowData[];
}

/** @throws UsageError for what is no text of this layout */
export function differenceOf(printed: string, server: string, layout: Layout): TextDifference {
  const sent = viewOfCanonicalText(bytesOfText(printed), layout);
  const own = viewOfCanonicalText(server, layout);
  const at = firstDifference(sent.text ?? "", server);
  return {
    equal: at === undefined,
    ...(at !== undefined && { firstDifference: at }),
    rows: rowsData(compareViews(sent, own)),
  };
}
