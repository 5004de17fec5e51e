import type { Cause } from "./causes/cause.js";
import type { Row } from "./compare.js";
import type { Trial } from "./trial.js";
import type { View } from "./view.js";

/** All that `lacre explain` found. */
export interface Explanation {
  readonly equal: boolean;
  readonly client: View;
  /** Undefined where there is one view alone, or only a hash of the server's text. */
  readonly server?: View;
  readonly serverSha256?: string;
  /** The text that has the server's hash, where it was found. */
  readonly found?: View;
  /** What was signed, where the signature tells that it was another text than the client's view. */
  readonly signed?: View;
  /** The two texts side by side: client and server, or signed and sent where there is one view. */
  readonly rows: readonly Row[];
  readonly trial: Trial | undefined;
  /** Of the keys that were tried, as the server's log names those that it tried. */
  readonly keyFingerprints: readonly string[];
  readonly causes: readonly Cause[];
}
