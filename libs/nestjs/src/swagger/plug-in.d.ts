/** Built by scripts/dist.mjs. */
declare module "#swagger-ui" {
  /** The source of a script without imports, which leaves its exports in the global `lacre`. */
  export const plugIn: string;
}
