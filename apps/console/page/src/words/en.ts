const rooms = import.meta.glob<Record<string, string>>("./en/*.json", {
  eager: true,
  query: "?lingui",
  import: "messages",
});

export const words: Record<string, string> = Object.assign({}, ...Object.values(rooms));
