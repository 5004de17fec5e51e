import { UsageError } from "../exit.js";
import type { Layout } from "./layout.js";
import { layoutBySight } from "./layouts/layouts.js";
import { PLAIN_FORM, type Form, type View } from "./view.js";

const BOM = "\xef\xbb\xbf";

/**
 * Reads a canonical request that some client or server printed, however it went about it.
 * @param expected the layout of the format that the user named
 * @throws UsageError
 */
export function viewOfCanonicalText(printed: string, expected: Layout | undefined): View {
  const { text, form } = unwrapped(printed);
  const layout = expected?.hasLines === false ? expected : (layoutBySight(text) ?? expected);
  // What is not lines has line ends that belong to its content.
  const [shown, seen] = layout?.hasLines === false ? [printed, PLAIN_FORM] : [text, form];
  const lines = layout?.recognises(shown) === true ? layout.read(shown) : undefined;
  if (layout === undefined || lines === undefined) throw unreadable(layout);
  return {
    kind: "canonical",
    layout,
    lines,
    text: layout.write(lines),
    form: { ...seen, noEmptyLine: layout.lacksEmptyLine?.(shown) ?? false },
    headers: undefined,
    target: undefined,
    content: layout.hasLines ? undefined : bytesOf(lines.payload?.[0]),
    macs: [],
    recipe: undefined,
    takes: undefined,
    fault: undefined,
  };
}

const bytesOf = (text: string | undefined): Buffer | undefined =>
  text === undefined ? undefined : Buffer.from(text, "latin1");

/** The text without what its printer put round it. */
function unwrapped(printed: string): { text: string; form: Form } {
  const bom = printed.startsWith(BOM);
  const shown = bom ? printed.slice(BOM.length) : printed;
  const literalLineEnds = !shown.trimEnd().includes("\n") && shown.includes("\\n");
  const broken = literalLineEnds ? shown.replaceAll("\\n", "\n").trimEnd() : shown;
  const crlf = broken.trimEnd().includes("\r\n");
  const text = broken.replaceAll("\r\n", "\n");
  const body = text.replace(/\n+$/, "");
  const lineEndsAfter = text.length - body.length;
  return {
    text: body,
    form: { bom, crlf, literalLineEnds, noEmptyLine: false, lineEndsAfter },
  };
}

function unreadable(layout: Layout | undefined): UsageError {
  if (layout !== undefined && layout.title !== "LACRE1")
    return new UsageError(
      `This is no canonical request of ${layout.title}. Print the text that was signed, whole, and compare it with the page of the format.`,
    );
  return new UsageError(
    "This is no canonical request of LACRE1. It begins with LACRE1-HMAC-SHA256 and has a line each for the AppId, the timestamp, the nonce, the method, the target, each signed header, none, and the list. For another format, name it: --scheme.",
  );
}
