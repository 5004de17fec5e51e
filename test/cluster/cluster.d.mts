export interface Answer {
  readonly status: number;
  readonly ms: number;
}
export interface SignedRun {
  readonly id: string;
  readonly target: string;
  readonly host: string;
  readonly headers: Record<string, string>;
}
export interface WorkerSettings {
  readonly store: "memory" | "redis" | "cache-manager" | "postgres";
  readonly url?: string;
  readonly clockSpread?: number;
  readonly clockOffsetMs?: number;
  readonly claimTimeoutMs?: number;
  /** Tells the parent of every handler that runs. */
  readonly reports?: boolean;
}
export class Worker {
  constructor(settings: WorkerSettings & { apiKey: string });
  onRan: (id: string) => void;
  start(): Promise<this>;
  send(request: SignedRun): Promise<Answer>;
  handlers(): Promise<number>;
  kill(): void;
  stop(): Promise<void>;
}
export function startWorkers(
  count: number,
  settings: WorkerSettings,
): Promise<{ workers: Worker[]; sign: () => SignedRun; apiKey: string }>;
