import { ConfigurationError } from "@lacre/core";

const CURE = 'Give "https://console.example.com", for example.';

/**
 * Reads the address of a console. Answers carry keys, so it is https, or this very machine.
 * @throws ConfigurationError that does not show it where it may hold a password
 */
export function readConsoleUrl(text: string, at: string): URL {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw new ConfigurationError(at, "must be an absolute URL.", CURE);
  }
  if (url.username !== "" || url.password !== "")
    throw new ConfigurationError(at, "has a user name or a password.", CURE);
  if (url.search !== "" || url.hash !== "")
    throw new ConfigurationError(at, "has a query or a fragment.", CURE);
  if (url.protocol === "http:" && !isLoopback(url.hostname))
    throw new ConfigurationError(
      at,
      "is http://, and answers carry keys.",
      "Use https://; http:// is for the same machine alone.",
    );
  if (url.protocol !== "https:" && url.protocol !== "http:")
    throw new ConfigurationError(at, "must begin with https://.", CURE);
  return url;
}

const isLoopback = (hostname: string): boolean =>
  hostname === "localhost" || hostname === "[::1]" || /^127\.\d+\.\d+\.\d+$/.test(hostname);
