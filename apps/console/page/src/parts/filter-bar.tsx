import { useEffect, useRef, useState, type JSX, type ReactNode } from "react";
import { Button, NativeSelect, TextInput } from "@mantine/core";
import { IconSearch } from "@tabler/icons-react";
import { useWords } from "../words/use-words.js";
import styles from "./filter-bar.module.css";

/** Above a list: what it is filtered by. */
export function FilterBar({
  children,
  onClear,
}: {
  children: ReactNode;
  /** Given where something is filtered. */
  onClear?: (() => void) | undefined;
}): JSX.Element {
  const { t } = useWords();
  return (
    <div className={styles.bar} role="search">
      {children}
      {onClear !== undefined && (
        <Button variant="subtle" onClick={onClear}>
          {t("filter.clear")}
        </Button>
      )}
    </div>
  );
}

/** The search field of a page, which the key `/` goes to. It searches when nothing was typed for a moment. */
export function SearchField({
  value,
  onSearch,
  label,
}: {
  value: string;
  onSearch: (text: string) => void;
  label: string;
}): JSX.Element {
  const [text, setText] = useState(value);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => setText(value), [value]);
  useEffect(() => () => clearTimeout(timer.current), []);
  return (
    <TextInput
      className={styles.search}
      type="search"
      data-search
      aria-label={label}
      placeholder={label}
      leftSection={<IconSearch size={16} aria-hidden />}
      value={text}
      onChange={({ currentTarget }) => {
        const wanted = currentTarget.value;
        setText(wanted);
        clearTimeout(timer.current);
        timer.current = setTimeout(() => onSearch(wanted.trim()), 250);
      }}
    />
  );
}

/** One of some, or any. */
export function FilterSelect({
  label,
  value,
  options,
  onChoose,
}: {
  label: string;
  value: string;
  options: readonly { readonly value: string; readonly label: string }[];
  onChoose: (value: string) => void;
}): JSX.Element {
  const { t } = useWords();
  return (
    <NativeSelect
      aria-label={label}
      value={value}
      data={[{ value: "", label: `${label}: ${t("filter.any")}` }, ...options]}
      onChange={({ currentTarget }) => onChoose(currentTarget.value)}
    />
  );
}
