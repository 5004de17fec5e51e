import {
  convertCssVariables,
  defaultCssVariablesResolver,
  mergeMantineTheme,
  DEFAULT_THEME,
} from "@mantine/core";
import type { Plugin } from "vite";
import { theme } from "../src/theme/theme.js";

const NAME = "virtual:theme-variables.css";

/** Colours that no part of the page uses. */
const UNUSED =
  /^--mantine-color-(?:red|pink|grape|violet|indigo|blue|cyan|teal|green|lime|yellow|orange)-/;

const used = (variables: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(variables).filter(([name]) => !UNUSED.test(name)));

/** The variables of Mantine's theme as a stylesheet: Mantine itself would write an inline one, which the policy forbids. */
export function themeVariables(): Plugin {
  return {
    name: "lacre:theme-variables",
    resolveId: (id) => (id === NAME ? `\0${NAME}` : undefined),
    load(id) {
      if (id !== `\0${NAME}`) return undefined;
      const all = defaultCssVariablesResolver(mergeMantineTheme(DEFAULT_THEME, theme));
      return convertCssVariables({
        variables: used(all.variables),
        light: used(all.light),
        dark: used(all.dark),
      });
    },
  };
}
