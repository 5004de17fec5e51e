import { hash } from "node:crypto";
import type { ExecutionContext } from "@nestjs/common";
import type { AppLimits, Refusal } from "@lacre/core";
import type { Attempt } from "@lacre/node";
import type { Route } from "../route.js";

/** Whom a request counts for. */
export type Caller =
  /** Nobody has asked, or can ask, who sends it: for its address, as without Lacre. */
  | { readonly kind: "stranger" }
  /**
   * It will be refused: for its address, or for its app there where the MAC was right, and no header says how much of
   * that is left.
   */
  | {
      readonly kind: "refused";
      readonly attempt: Attempt;
      readonly status: number;
      readonly appId: string | undefined;
    }
  /** A store is failing, which is not its fault: for nobody. */
  | { readonly kind: "doubtful" }
  | App;

/** It has really sent the request. */
export interface App {
  readonly kind: "app";
  readonly limits: AppLimits | undefined;
  /** What it is counted under. */
  readonly tracker: string;
  /** The limit that is asked now, by the name under which a block of it is remembered. */
  asking: string;
}

export const STRANGER: Caller = { kind: "stranger" };
const DOUBTFUL: Caller = { kind: "doubtful" };

/** Under which a block of one route is remembered. */
export const onRoute = (app: App, throttler = "default", context: ExecutionContext): string =>
  `${throttler} ${context.getClass().name}.${context.getHandler().name} ${app.tracker}`;

/** Under which a block of all routes is remembered: a limit that is changed begins anew. */
export const onAll = ({ tracker }: App, name: string, limit: number): string =>
  `${name} ${limit} ${tracker}`;

/** Whether a guard of ours judges the request. `AuthGuard(["hmac", "jwt"])` judges what is signed. */
export function isJudged(route: Route, { tap }: Attempt, alternativesEverywhere: boolean): boolean {
  const { rule, isProtected, isVerified, hasAlternatives } = route;
  if (rule === "public") return false;
  if (isProtected) return true;
  return hasAlternatives || alternativesEverywhere ? tap !== undefined : isVerified;
}

/** Whom a request counts for that cannot be let in. */
export function failedOf(attempt: Attempt, error: unknown): Caller {
  const { status = 503 } = (error ?? {}) as Partial<Refusal>;
  if (status === 503) return DOUBTFUL;
  const appId = status === 401 ? undefined : attempt.proof?.app.appId;
  return { kind: "refused", attempt, status, appId };
}

/** The limit too: one that is changed begins anew. */
export const keyOf = (tracker: string, name: keyof AppLimits, limit: number): string =>
  hash("sha256", `lacre app ${tracker} ${name} ${limit}`);
