/** Keeps an entry as the newest. Where there are more than `capacity`, the oldest goes. */
export function keepLatest<T>(
  entries: Map<string, T>,
  id: string,
  entry: T,
  capacity: number,
): void {
  entries.delete(id);
  if (entries.size >= capacity) entries.delete(entries.keys().next().value as string);
  entries.set(id, entry);
}
