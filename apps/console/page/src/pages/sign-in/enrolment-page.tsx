export function EnrolmentPage() {
  return <p>EnrolmentPage</p>;
}
