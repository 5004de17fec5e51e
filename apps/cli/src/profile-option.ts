import type { OptionDescription } from "./command.js";

export const PROFILE_OPTION: OptionDescription = {
  flags: "--profile <name>",
  summary: "the profile to use (or LACRE_PROFILE); default, if there is one, unless said otherwise",
};
