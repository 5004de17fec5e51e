export function TeamsPage() {
  return <p>TeamsPage</p>;
}
