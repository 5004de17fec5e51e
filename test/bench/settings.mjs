import { parseArgs } from "node:util";

/**
 * The command line, `--rounds 3 --redis redis://…`: each option is of the type of its default, and may have no value
 * where that is undefined.
 */
export function readSettings(defaults) {
  const options = Object.fromEntries(
    Object.keys(defaults).map((name) => [name, { type: "string" }]),
  );
  const { values } = parseArgs({ options });
  return Object.fromEntries(
    Object.entries(defaults).map(([name, byDefault]) => {
      const given = values[name];
      if (given === undefined) return [name, byDefault];
      if (typeof byDefault !== "number") return [name, given];
      if (!(Number(given) > 0)) throw new Error(`--${name} must be a number above 0`);
      return [name, Number(given)];
    }),
  );
}
