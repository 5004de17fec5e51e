/** Who does something, and from where: what the audit log says of an act. */
export interface Actor {
  /** The person's id, `console` for what it does by itself, or `terminal` for the command line. */
  readonly id: string;
  /** Null where no request has asked for it: of `CONSOLE` and `TERMINAL` alone. */
  readonly address: string | null;
}

/** The console by itself. What it does because of a request has that request's address. */
export const CONSOLE: Actor = { id: "console", address: null };
/** Whoever has a terminal on its machine. */
export const TERMINAL: Actor = { id: "terminal", address: null };

/** Somebody who is known by something else than a token: a link, or both factors. */
export const actorAt = (id: string, { address }: { readonly address: string | null }): Actor => ({
  id,
  address,
});
