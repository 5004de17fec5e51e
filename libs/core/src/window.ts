/** How long a request is good for. Whole seconds; both ends of the window are included. */
export interface Window {
  /** How old a request may be. */
  readonly maxAgeSeconds: number;
  /** How far ahead of the server's clock a request may be. Small: it lengthens the fence after a restart. */
  readonly futureSkewSeconds: number;
  /** The largest difference between the clocks of any two verifiers and the store, and forward step of one. */
  readonly clockSpreadSeconds: number;
}
