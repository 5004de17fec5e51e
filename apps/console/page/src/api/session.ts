import { useSyncExternalStore } from "react";

/** An access token, and until when it is good. It is kept in memory alone. */
export interface Access {
  readonly token: string;
  readonly expiresAt: string;
}

/** What a sign-in gives. */
export interface SignedIn extends Access {
  /** Wrong codes that came with the right password since the last sign-in. */
  readonly wrongCodes: number;
}

/** `waiting`: whether there is a session is not known, since the console does not answer yet. */
type State = "unknown" | "waiting" | "in" | "out";
/** `unanswered`: the console could not say. The session is kept, and it is asked again by itself. */
type Renewal = "renewed" | "over" | "unanswered";

/** Renewed this long before it ends. */
const EARLY_MS = 60_000;
/** Asked again after so long, where the console does not say when; twice as long each time. */
const FIRST_WAIT_MS = 2000;
const LONGEST_WAIT_MS = 60_000;
const listeners = new Set<() => void>();
/** Tells the other tabs of this browser. */
const tabs = new BroadcastChannel("lacre.session");

let state: State = "unknown";
let access: Access | undefined;
let timer: ReturnType<typeof setTimeout> | undefined;
let renewing: Promise<Renewal> | undefined;
let waitMs = FIRST_WAIT_MS;
/** Not to be asked before this moment. */
let quietUntil = 0;
/** It was not the console that asked for the wait: the network was away. */
let offline = false;

/** Whether this browser may have a session. Not a secret: it spares strangers a question whose answer is no. */
const HINT = "lacre.session";

const mayHaveOne = (): boolean => {
  try {
    return localStorage.getItem(HINT) !== null;
  } catch {
    return true;
  }
};

function remember(next: State): void {
  try {
    if (next === "in") localStorage.setItem(HINT, "1");
    else localStorage.removeItem(HINT);
  } catch {
    // Then it asks each time.
  }
}

function become(next: State, given?: Access): void {
  state = next;
  access = given;
  remember(next);
  clearTimeout(timer);
  waitMs = FIRST_WAIT_MS;
  quietUntil = 0;
  if (given !== undefined) {
    const left = new Date(given.expiresAt).getTime() - Date.now() - EARLY_MS;
    timer = setTimeout(() => void renew(), Math.max(left, 5000));
  }
  listeners.forEach((listener) => listener());
}

export const accessToken = (): string | undefined => access?.token;

export function begin(given: Access): void {
  become("in", given);
  tabs.postMessage("in");
}

/** With the cookie alone. It must be JSON: a form of another site cannot send that. */
const post = (path: string): Promise<Response> =>
  fetch(path, { method: "POST", headers: { "content-type": "application/json" }, body: "{}" });

/** Ends the session in this browser, and at the console. */
export async function signOut(): Promise<void> {
  become("out");
  tabs.postMessage("out");
  await post("/v1/logout").catch(() => undefined);
}

/** A new access token for the cookie of this browser. */
export function renew(): Promise<Renewal> {
  if (renewing === undefined && Date.now() < quietUntil) return Promise.resolve("unanswered");
  renewing ??= oneTabAtATime().finally(() => (renewing = undefined));
  return renewing;
}

/** How many seconds to wait until the console is asked for the session again. */
export const secondsUntilAsked = (): number => Math.max(0, (quietUntil - Date.now()) / 1000);

/** A cookie is good for one renewal. */
const oneTabAtATime = async (): Promise<Renewal> =>
  navigator.locks.request("lacre.renewal", renewNow);

async function renewNow(): Promise<Renewal> {
  const response = await post("/v1/token").catch(() => undefined);
  if (response?.ok === true) {
    become("in", (await response.json()) as Access);
    return "renewed";
  }
  await response?.body?.cancel();
  // Only a console that has looked at the cookie can say that the session is over.
  const judged = response !== undefined && response.status < 500 && response.status !== 429;
  if (judged) become("out");
  else {
    offline = response === undefined;
    askLater(Number(response?.headers.get("retry-after") ?? Number.NaN) * 1000);
  }
  return judged ? "over" : "unanswered";
}

function askLater(saidMs: number): void {
  const wait = saidMs > 0 ? saidMs : waitMs;
  waitMs = Math.min(LONGEST_WAIT_MS, waitMs * 2);
  quietUntil = Date.now() + wait;
  clearTimeout(timer);
  timer = setTimeout(askAgain, wait);
  if (state === "unknown") state = "waiting";
  listeners.forEach((listener) => listener());
}

function askAgain(): void {
  quietUntil = 0;
  void renew();
}

addEventListener("online", () => {
  if (quietUntil > 0 && offline) askAgain();
});

tabs.addEventListener("message", ({ data }) => {
  if (data === "out" && state !== "out") become("out");
  if (data === "in" && state === "out") void renew();
});

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Goes on with the session of this browser, if it has one. */
export const resume = (): void => {
  if (mayHaveOne()) void renew();
  else become("out");
};

export const useSession = (): State => useSyncExternalStore(subscribe, () => state);
