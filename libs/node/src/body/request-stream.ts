import type { IncomingMessage } from "node:http";

/** Node's own request, with the parts of its stream that the tap stands on. */
export type RequestStream = IncomingMessage & {
  push(chunk: unknown, encoding?: BufferEncoding): boolean;
  _destroy(error: Error | null, callback: (error?: Error | null) => void): void;
  readonly _readableState: {
    /** The end has been pushed, read or not. */
    readonly ended: boolean;
    /** What `readableDidRead` says. */
    dataEmitted: boolean;
  };
  /**
   * Somebody has begun to read. Where nobody has, Node throws the content away once the answer is sent, so that the next
   * request on the connection can come.
   */
  _consuming?: boolean;
  /** Set by `inject()`, whose requests have no socket. */
  readonly _lightMyRequest?: unknown;
  /** The stream under a request of HTTP/2. */
  readonly stream?: { resume(): void };
};

/**
 * Whether it comes from a serverless adapter, whose requests say that they are complete before they have pushed
 * anything. Some of them have their content read at once or never, so nobody may wait in front of the parsers.
 */
export const isHandedOver = ({ complete, _readableState }: RequestStream): boolean =>
  complete && !_readableState.ended;

/** Whether Node reads it off a connection of HTTP/1, and has not come to its end. */
const isComing = ({ httpVersionMajor, complete, _lightMyRequest }: RequestStream): boolean =>
  httpVersionMajor === 1 && !complete && _lightMyRequest === undefined;

/** Whether a request of HTTP/1 has content: by chunks or by its length (RFC 9112 §6.3). */
export const announcesContent = ({ headers }: IncomingMessage): boolean =>
  headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;

/**
 * Whether nothing can follow the head. Only of requests that Node reads off a connection: others announce no content,
 * and push some all the same.
 */
export const endsWithItsHead = (stream: RequestStream): boolean =>
  isComing(stream) && !announcesContent(stream);

/** How many bytes the head announces; undefined where it does not say. */
export function announcedBytes({ headers }: IncomingMessage): number | undefined {
  const bytes = Number(headers["content-length"] ?? NaN);
  return bytes >= 0 ? bytes : undefined;
}

/**
 * Whether all of the content will be in the stream though nobody asks for it: so little that Node, which reads it off a
 * connection of HTTP/1, never stops the socket.
 */
export const comesUnasked = (stream: RequestStream): boolean =>
  isComing(stream) && (announcedBytes(stream) ?? Infinity) < stream.readableHighWaterMark;

/** Whether `takeBack` finds everything that waits in the stream, and nobody else is given it. */
export function canTakeBack(stream: RequestStream): boolean {
  if (stream.readableLength === 0) return true;
  return (
    stream.readableEncoding === null &&
    stream.readableFlowing !== true &&
    stream.listenerCount("data") === 0
  );
}

/** Looks into the stream, which is as unread after it as before. */
function unread<T>(stream: RequestStream, look: () => T): T {
  const { dataEmitted } = stream._readableState;
  const { _consuming } = stream;
  const found = look();
  stream._readableState.dataEmitted = dataEmitted;
  if (_consuming !== undefined) stream._consuming = _consuming;
  return found;
}

/** Takes all that waits to be read out of the stream. */
export function takeBack(stream: RequestStream): Buffer {
  if (stream.readableLength === 0) return EMPTY;
  return unread(stream, () => stream.read() as Buffer | null) ?? EMPTY;
}

/** Pushed, it hands out nothing and lets the stream ask its source for more. */
export const EMPTY = Buffer.alloc(0);

/**
 * Lets Node buffer up to so many bytes in the stream itself, so that whoever reads later finds all of them. Asking for
 * more than there can be raises the high-water mark and returns nothing.
 */
export function letNodeBuffer(stream: RequestStream, maxBytes: number): void {
  if (stream.readableFlowing === true || stream.destroyed) return;
  unread(stream, () => {
    stream.read(0); // a source that pushes its end when it is asked must not find a reader of that end
    if (stream._readableState.ended) return;
    const early: unknown = stream.read(maxBytes + 1);
    if (early !== null) stream.unshift(early);
  });
}

/** Fails the stream for its readers, without the socket, so that the answer still goes out. Says whether one listens. */
export function failReaders(stream: RequestStream, error: Error, ended: boolean): boolean {
  const heard = stream.listenerCount("error") > 0;
  if (stream._lightMyRequest !== undefined) {
    if (heard) stream.emit("error", error); // destroying it would take the answer along
  } else {
    stream._destroy = (cause, done) => done(heard ? cause : null);
    stream.destroy(error);
    if (!ended) (stream.stream ?? stream.socket)?.resume();
  }
  return heard;
}
