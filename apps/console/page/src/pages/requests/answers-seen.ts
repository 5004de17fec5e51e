const KEPT = "lacre.answers-seen.";
/** Where this browser does not know, older answers are no news. */
const NEWS_MS = 7 * 86_400_000;

/** Until when this person has seen what they were answered, as this browser remembers it. */
export function answersSeen(personId: string): number {
  try {
    const kept = localStorage.getItem(KEPT + personId);
    if (kept !== null) return Number(kept);
  } catch {
    // Then it is not remembered.
  }
  return Date.now() - NEWS_MS;
}

export function noteAnswersSeen(personId: string): void {
  try {
    localStorage.setItem(KEPT + personId, String(Date.now()));
  } catch {
    // Then they are news again.
  }
}
