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

type State = "unknown" | "in" | "out";

/** Renewed this long before it ends. */
const EARLY_MS = 60_000;
const listeners = new Set<() => void>();
/** Tells the other tabs of this browser. */
const tabs = new BroadcastChannel("lacre.session");

let state: State = "unknown";
let access: Access | undefined;
let timer: ReturnType<typeof setTimeout> | undefined;
let renewing: Promise<boolean> | undefined;

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

/** A new access token for the cookie of this browser. False: there is no session any more. */
export function renew(): Promise<boolean> {
  renewing ??= oneTabAtATime().finally(() => (renewing = undefined));
  return renewing;
}

/** A cookie is good for one renewal. */
const oneTabAtATime = async (): Promise<boolean> =>
  navigator.locks.request("lacre.renewal", renewNow);

async function renewNow(): Promise<boolean> {
  let response: Response;
  try {
    response = await post("/v1/token");
  } catch {
    if (state === "unknown") become("out");
    return access !== undefined;
  }
  if (response.ok) {
    become("in", (await response.json()) as Access);
    return true;
  }
  await response.body?.cancel();
  const isOver = response.status < 500 && response.status !== 429;
  if (isOver || state === "unknown") become("out");
  return false;
}

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
