import type { Json, Resolver } from "./example.js";

/**
 * Why a script that signs with LACRE1, and does nothing else, cannot call an operation; undefined where it can. An
 * operation that asks for nothing is signed all the same: its server looks at no signature.
 */
export function otherSecurity(
  operation: Record<string, Json>,
  document: Record<string, Json>,
  resolver: Resolver,
): string | undefined {
  // One of these is enough, and of one all that it names. An operation's own take the place of the document's.
  const written = operation["security"] ?? document["security"];
  const all = (Array.isArray(written) ? written : []).map((each) =>
    Object.keys(resolver.object(each)),
  );
  const schemes = resolver.object(resolver.object(document["components"])["securitySchemes"]);
  const signs = (name: string): boolean => isLacre1(name, resolver.object(schemes[name]));
  if (all.length === 0 || all.some((names) => names.every(signs))) return undefined;
  const asked = all.map((names) => names.join(" with ")).join(" or ");
  return `it asks for ${asked}, and the script signs with LACRE1 alone`;
}

/** As `@lacre/nestjs/swagger` describes it, or by the name that HTTP knows it by. */
function isLacre1(name: string, described: Record<string, Json>): boolean {
  const { scheme, "x-hmac": hmac } = described;
  if (scheme === undefined && hmac === undefined) return name === "lacre1";
  const said = typeof hmac === "object" && hmac !== null ? (hmac as { scheme?: Json }).scheme : "";
  return said === "lacre1" || /^LACRE1-HMAC-/i.test(String(scheme));
}
