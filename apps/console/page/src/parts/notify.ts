import { createElement, type ReactNode } from "react";
import { i18n } from "@lingui/core";
import { notifications } from "@mantine/notifications";
import { ApiError } from "../api/api-error.js";
import type { MessageId } from "../words/message-id.js";
import type { Words } from "../words/use-words.js";

const show = (message: ReactNode, color: string): void => {
  const close: MessageId = "dialog.close";
  notifications.show({ message, color, closeButtonProps: { "aria-label": i18n._(close) } });
};

/** Says that something was done. */
export const saidDone = (message: string): void => show(message, "verdigris.6");

/** Says what nobody must miss: it stays until it is closed. */
export function warned(message: string): void {
  const close: MessageId = "dialog.close";
  notifications.show({
    ...{ message, color: "ember.6", autoClose: false, role: "alert" },
    closeButtonProps: { "aria-label": i18n._(close) },
  });
}

/** Says what went wrong, where the place that it belongs to is gone. */
export function saidWrong({ t }: Pick<Words, "t">, error: unknown): void {
  const code = error instanceof ApiError ? error.code : "internal";
  const detail = error instanceof ApiError ? (error.detail ?? "") : "";
  const said = createElement("span", { lang: "en" }, detail);
  show(createElement("span", null, t(`problem.${code}`), " ", said), "ember.6");
}
