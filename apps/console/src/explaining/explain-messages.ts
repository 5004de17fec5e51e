import type { AppDefinition } from "@lacre/core";
import type { ExplainAnswer } from "./explain-answer.js";

/** What a thread is started with. */
export interface ExplainTask {
  /** What was pasted. */
  readonly request: string;
  readonly atSeconds: number;
  /** The public origin of the server; that of the request unless given. */
  readonly origin: string | undefined;
  /** Who sent it, for formats whose requests do not say. */
  readonly appId: string | undefined;
  /** From where it came; undefined where nobody knows. */
  readonly address: string | undefined;
}

/** Answers `named`. */
export interface ToWorker {
  readonly definition: AppDefinition | undefined;
}

export type FromWorker =
  /** Asks for the keys of this app. */
  | { readonly named: string }
  /** The answer, but for its causes. */
  | { readonly steps: ExplainAnswer }
  | { readonly answer: ExplainAnswer }
  /** What is wrong with what was pasted. */
  | { readonly wrong: string };
