/** Reads server-sent events, each with a name and JSON, until the stream ends. `fetch` brings them, since it can sign in. */
export async function readEvents(
  body: ReadableStream<Uint8Array>,
  take: (event: string, data: unknown) => void,
): Promise<void> {
  const reader = body.pipeThrough(new TextDecoderStream() as never).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = (await reader.read()) as ReadableStreamReadResult<string>;
    if (done) return;
    const frames = (rest + value).split("\n\n");
    rest = frames.pop() ?? "";
    for (const frame of frames) {
      const lines = frame.split("\n");
      const after = (name: string): string | undefined =>
        lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
      const data = after("data");
      if (data !== undefined) take(after("event") ?? "message", JSON.parse(data));
    }
  }
}
