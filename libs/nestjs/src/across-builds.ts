/** What both builds of this package keep together, where a program has loaded both. */
export function acrossBuilds<Value>(name: string, make: () => Value): Value {
  const key = Symbol.for(`lacre.nestjs.${name}`);
  const all = globalThis as { [key]?: Value };
  return (all[key] ??= make());
}
