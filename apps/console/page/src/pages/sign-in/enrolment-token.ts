/** Kept until the link is used up, in this tab alone: the page may be loaded again on the way. */
const KEPT = "lacre.enrolment";

/**
 * The secret of an enrolment link. It stands in the fragment, which no server and no log sees; it is taken out of the
 * address bar and of the history before anything else happens.
 */
export const enrolmentToken = ((): string | undefined => {
  if (location.pathname !== "/enrol") return undefined;
  const given = location.hash.slice(1);
  history.replaceState(null, "", "/enrol");
  try {
    if (given !== "") sessionStorage.setItem(KEPT, given);
    return sessionStorage.getItem(KEPT) ?? undefined;
  } catch {
    return given === "" ? undefined : given;
  }
})();

// A link that is opened where the page is already changes the fragment alone.
addEventListener("hashchange", () => {
  if (location.pathname === "/enrol" && location.hash.length > 1) location.reload();
});

/** It lets nobody in any more. */
export function forgetEnrolmentToken(): void {
  try {
    sessionStorage.removeItem(KEPT);
  } catch {
    // Then it was not kept.
  }
}
