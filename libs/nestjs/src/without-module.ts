import { ConfigurationError } from "@lacre/core";

/** What is wrong where something is used that works with the module, and there is none. @param of what is used */
export const withoutModule = (of: string): ConfigurationError =>
  new ConfigurationError(
    of,
    "there is no HmacModule.",
    "Import HmacModule.forRoot(…) in the root module.",
  );
