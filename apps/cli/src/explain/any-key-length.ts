/** Of a recorded request: how long keys must be is for the server to say. */
export const ANY_KEY_LENGTH = { min: 1, max: 1024 } as const;
