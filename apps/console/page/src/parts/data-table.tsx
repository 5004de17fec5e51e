import type { JSX, ReactNode } from "react";
import { Button } from "@mantine/core";
import { IconArrowDown, IconArrowUp, IconDownload } from "@tabler/icons-react";
import { useWords } from "../words/use-words.js";
import type { List } from "../api/use-api.js";
import { csvOf } from "./csv.js";
import { saveFile } from "./save-file.js";
import styles from "./data-table.module.css";
import { Failing, Loading } from "./states.js";

export interface Column<Row> {
  readonly id: string;
  readonly title: string;
  readonly cell: (row: Row) => ReactNode;
  /** What an export says; without it the column is not exported. */
  readonly text?: (row: Row) => string | number | null | undefined;
  readonly end?: boolean;
  /** The server can sort by it, under this name. */
  readonly sort?: string;
}

interface Terms<Row> {
  /** What the table is, for whoever hears it. */
  readonly label: string;
  readonly columns: readonly Column<Row>[];
  readonly keyOf: (row: Row) => string;
  /** How it is sorted: a name, with `-` before it from the greatest to the least. */
  readonly sort?: string;
  readonly onSort?: (sort: string) => void;
  /** Exports what is shown as `<name>.csv`. */
  readonly exportName?: string;
  readonly onOpen?: (row: Row) => void;
}

/** Rows that are there. Below 40 rem each is a card. */
export function DataTable<Row>({
  rows,
  ...terms
}: Terms<Row> & { rows: readonly Row[] }): JSX.Element {
  const { label, columns, keyOf } = terms;
  return (
    <div className={styles.region} role="group" aria-label={label} tabIndex={0}>
      {/* The roles are said, because cards are no table to a browser. */}
      <table className={styles.table} role="table" aria-label={label}>
        <thead role="rowgroup">
          <tr role="row">
            {columns.map((column) => (
              <Heading key={column.id} column={column} {...terms} />
            ))}
          </tr>
        </thead>
        <tbody role="rowgroup">
          {rows.map((row) => (
            <tr role="row" key={keyOf(row)}>
              {columns.map(({ id, title, cell, end }) => (
                <td role="cell" key={id} data-title={title} data-end={end || undefined}>
                  {cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Heading<Row>({
  column: { title, end, sort: name },
  sort,
  onSort,
}: { column: Column<Row> } & Pick<Terms<Row>, "sort" | "onSort">): JSX.Element {
  const rising = name !== undefined && sort === name;
  const falling = name !== undefined && sort === `-${name}`;
  const order = rising ? "ascending" : falling ? "descending" : undefined;
  const Arrow = falling ? IconArrowDown : IconArrowUp;
  return (
    <th role="columnheader" scope="col" data-end={end || undefined} aria-sort={order}>
      {name === undefined || onSort === undefined ? (
        title
      ) : (
        <button
          type="button"
          className={styles.sort}
          onClick={() => onSort(rising ? `-${name}` : name)}
        >
          {title}
          <Arrow size={13} aria-hidden data-on={order !== undefined || undefined} />
        </button>
      )}
    </th>
  );
}

/** A list of the server: its rows, or why there are none, and the way to more. */
export function ListTable<Row>({
  list,
  empty,
  ...terms
}: Terms<Row> & { list: List<Row>; empty: ReactNode }): JSX.Element {
  const { t, number } = useWords();
  const { items, loading, error, again, more, loadingMore } = list;
  if (loading) return <Loading lines={7} />;
  if (error !== null && items.length === 0) return <Failing error={error} again={again} />;
  if (items.length === 0) return <>{empty}</>;
  const { columns, exportName } = terms;
  return (
    <>
      <DataTable rows={items} {...terms} />
      <div className={styles.foot}>
        <span className="faint" role="status">
          {t("table.count", { n: items.length, number: number(items.length) })}
        </span>
        {more !== undefined && (
          <Button variant="default" size="compact-md" loading={loadingMore} onClick={more}>
            {t("table.more")}
          </Button>
        )}
        {exportName !== undefined && (
          <Button
            variant="subtle"
            size="compact-md"
            leftSection={<IconDownload size={15} aria-hidden />}
            onClick={() => saveFile(`${exportName}.csv`, csvOf(items, columns), "text/csv")}
          >
            {t("table.export")}
          </Button>
        )}
      </div>
    </>
  );
}
