/** A line of the chart, or a part of its columns. */
export interface Series {
  readonly id: string;
  readonly label: string;
  /** A colour of the theme: `--accepted`, `--chart-1` … `--chart-8`. */
  readonly colour: string;
  /** What lies on the colour: a place in `TEXTURES`, that of the series unless given. */
  readonly texture?: number;
  /** One for each time. */
  readonly values: readonly number[];
}

export interface TimeChartTerms {
  /** What it shows, in a few words. */
  readonly label: string;
  /** When each column begins. */
  readonly times: readonly Date[];
  /** From the bottom to the top: the columns are stacked. */
  readonly series: readonly Series[];
  /** The reader has drawn over this span. */
  readonly onSpan?: (from: Date, to: Date) => void;
}
