import type { JSX } from "react";

/** What the console says in English, wherever the page speaks another language. `code` is set off. */
export function ServerText({ text }: { text: string }): JSX.Element {
  return (
    <span lang="en">
      {text.split("`").map((part, i) => (i % 2 === 0 ? part : <code key={i}>{part}</code>))}
    </span>
  );
}
