import { useState } from "react";

/** One act of a dialog: whether it is under way, and what went wrong with it. */
export interface Submit {
  readonly busy: boolean;
  readonly error: unknown;
  /** Does it, and hands on what it answered; where it fails, `error` says why. */
  readonly submit: () => Promise<void>;
  readonly forgetError: () => void;
}

export function useSubmit(act: () => Promise<unknown>, onDone: (answer: unknown) => void): Submit {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const forgetError = (): void => setError(undefined);
  const submit = async (): Promise<void> => {
    setBusy(true);
    forgetError();
    try {
      onDone(await act());
    } catch (caught: unknown) {
      setError(caught);
    } finally {
      setBusy(false);
    }
  };
  return { busy, error, submit, forgetError };
}
