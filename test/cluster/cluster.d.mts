export interface Answer {
  readonly status: number;
  readonly ms: number;
}
export interface SignedRun {
  readonly id: string;
  readonly target: string;
  readonly host: string;
  readonly headers: Record<string, string>;
  /** When it was signed, by its own timestamp. */
  readonly atMs: number;
}
export type Sign = (atMs?: number) => SignedRun;
export interface WorkerSettings {
  readonly store: "memory" | "redis" | "cache-manager" | "postgres";
  readonly url?: string;
  readonly maxAge?: number;
  readonly clockSpread?: number;
  /** An offset of the module's clock alone. */
  readonly clockOffsetMs?: number;
  /** An offset of the clock of the whole process. 0 for one that is told later. */
  readonly clockShiftMs?: number;
  readonly claimTimeoutMs?: number;
  readonly firstStart?: boolean;
  /** `source` has the app `race`, and an unreadable record of the app `unreadable`. */
  readonly keys?: "configured" | "source";
  /** Tells the parent of every handler that runs. */
  readonly reports?: boolean;
  /** Keeps what it logs, warnings included, in `output`. */
  readonly logs?: boolean;
}
export type Told = { readonly shiftMs: number } | { readonly isSourceDown: boolean };
export class Worker {
  constructor(settings: WorkerSettings & { apiKey: string });
  readonly output: string;
  onRan: (id: string) => void;
  start(): Promise<this>;
  send(request: SignedRun): Promise<Answer>;
  health(): Promise<string>;
  handlers(): Promise<number>;
  tell(message: Told): void;
  pause(): void;
  resume(): void;
  kill(): void;
  stop(): Promise<void>;
}
export function startWorkers(
  count: number,
  settings: WorkerSettings,
): Promise<{ workers: Worker[]; sign: Sign; apiKey: string }>;
export function signerOf(apiKey: string, appId?: string): Sign;
