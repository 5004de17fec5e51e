/**
 * Whether Nest gives a request for this name to a controller that is bound to these hosts (`@Controller({ host })`);
 * undefined where that cannot be known here.
 * @param bound a text, a RegExp, a list of them, or nothing
 * @param name as the framework has it: without the port
 */
export function takesHost(bound: unknown, name: string): boolean | undefined {
  if (bound === undefined || bound === "") return true;
  const answers = [bound].flat().map((each) => takesOne(each, name));
  if (answers.includes(true)) return true;
  return answers.includes(undefined) ? undefined : false;
}

function takesOne(bound: unknown, name: string): boolean | undefined {
  if (bound instanceof RegExp) return bound.sticky ? undefined : name.search(bound) >= 0;
  if (typeof bound !== "string" || !LABELS.test(bound)) return undefined;
  const wanted = bound.toLowerCase().split(".");
  const given = name.toLowerCase().split(".");
  const fits =
    wanted.length === given.length &&
    wanted.every((label, i) =>
      label.startsWith(":") ? /^[^/]+$/.test(given[i] ?? "") : label === given[i],
    );
  // A parameter of Nest's may be more than one label.
  return fits || (bound.includes(":") ? undefined : false);
}

/** Labels, `:name` for any one. What else a pattern may have is Nest's to read. */
const LABELS = /^(?:[\w-]+|:[A-Za-z_]\w*)(?:\.(?:[\w-]+|:[A-Za-z_]\w*))*$/;
