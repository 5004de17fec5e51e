import { notifications } from "@mantine/notifications";
import { ApiError } from "../api/api-error.js";
import type { Words } from "../words/use-words.js";

/** Says that something was done. */
export const saidDone = (message: string): void => {
  notifications.show({ message, color: "verdigris" });
};

/** Says what went wrong, where the place that it belongs to is gone. */
export function saidWrong({ t }: Pick<Words, "t">, error: unknown): void {
  const code = error instanceof ApiError ? error.code : "internal";
  const detail = error instanceof ApiError ? (error.detail ?? "") : "";
  notifications.show({ message: `${t(`problem.${code}`)} ${detail}`, color: "ember" });
}
