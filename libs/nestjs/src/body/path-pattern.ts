/**
 * Whether a path is one of a pattern as Fastify writes them: segments, `:name` for any one segment, `*` at the end for all
 * that follows. A pattern that has anything else matches nothing.
 * @param path as it came, without the query
 */
export function matchesPattern(pattern: string, path: string): boolean {
  const wanted = pattern.split("/");
  const given = path.split("/");
  const hasRest = wanted.at(-1) === "*";
  if (hasRest) wanted.pop();
  if (hasRest ? given.length <= wanted.length : given.length !== wanted.length) return false;
  return wanted.every((segment, i) => {
    if (PARAMETER.test(segment)) return given[i] !== "";
    return LITERAL.test(segment) && segment === given[i];
  });
}

const PARAMETER = /^:\w+$/;
const LITERAL = /^[\w.~!$&'+,;=@%-]*$/;
