/**
 * The secret of an enrolment link. It stands in the fragment, which no server and no log sees; it is taken out of the
 * address bar and of the history before anything else happens. Loaded again, the page has forgotten it.
 */
export const enrolmentToken = ((): string | undefined => {
  if (location.pathname !== "/enrol") return undefined;
  const token = location.hash.slice(1);
  history.replaceState(null, "", "/enrol");
  return token === "" ? undefined : token;
})();
