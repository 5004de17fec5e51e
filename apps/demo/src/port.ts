import type { INestApplication } from "@nestjs/common";

const CURE = "Set PORT to another one: PORT=3001 npm start";

/** What the person who starts the demo can mend: one line, no stack. */
export class StartError extends Error {
  override readonly name = "StartError";
}

/**
 * The port that PORT names; 3000 unless it is set.
 * @throws StartError
 */
export function readPort(text = "3000"): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port >= 1 && port <= 65_535) return port;
  throw new StartError(
    `PORT is ${JSON.stringify(text)}, and must be a number from 1 to 65535. ${CURE}`,
  );
}

/**
 * Lets an app listen.
 * @throws StartError for a port that cannot be had
 */
export async function listenOn(app: INestApplication, port: number, host: string): Promise<void> {
  try {
    await app.listen(port, host);
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    const reason = REASONS.get(code);
    await app.close();
    throw reason === undefined ? error : new StartError(`Port ${port} ${reason}. ${CURE}`);
  }
}

const REASONS: ReadonlyMap<string, string> = new Map([
  ["EADDRINUSE", "is taken: another program listens there, such as a demo that still runs"],
  ["EACCES", "is not for this user"],
]);
