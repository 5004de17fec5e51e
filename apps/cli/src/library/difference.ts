import { UsageError } from "../exit.js";
import { viewOfCanonicalText } from "../explain/canonical-text.js";
import { compareViews, firstDifference } from "../explain/compare.js";
import type { Layout } from "../explain/layout.js";
import { rowsData, type RowData } from "../explain/report.js";
import type { View } from "../explain/view.js";

/** The sender's text beside the server's. */
export interface TextDifference {
  /** Whether the two are the same, byte for byte, but for how the sender printed its own. */
  readonly equal: boolean;
  /** The first byte in which they differ, from 0. */
  readonly firstDifference?: number;
  /** Part by part: `client` is the sender's, `server` the server's. */
  readonly rows: readonly RowData[];
}

/**
 * The text that a sender says it has signed, as it printed it.
 * @throws UsageError for what is no text of this layout
 */
export function viewOfSignedText(printed: string, layout: Layout): View {
  // A character for each byte.
  const bytes = Buffer.from(printed, "utf8").toString("latin1");
  try {
    return viewOfCanonicalText(bytes, layout);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    throw new UsageError(
      `What is given as signedText is no text of ${layout.title}. Print the text that was signed, whole, as the client makes it.`,
    );
  }
}

/**
 * Holds a sender's text against that of the server.
 * @throws UsageError
 */
export function differenceOf(printed: string, server: string, layout: Layout): TextDifference {
  const sent = viewOfSignedText(printed, layout);
  const at = firstDifference(sent.text ?? "", server);
  return {
    equal: at === undefined,
    ...(at !== undefined && { firstDifference: at }),
    rows: rowsData(compareViews(sent, viewOfCanonicalText(server, layout))),
  };
}
