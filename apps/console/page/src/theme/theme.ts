import { createTheme, type MantineColorsTuple } from "@mantine/core";

const SANS =
  'ui-sans-serif, system-ui, -apple-system, "Segoe UI", "Noto Sans", Roboto, "Helvetica Neue", sans-serif';
const SERIF =
  'ui-serif, "Iowan Old Style", "Palatino Linotype", Palatino, "TeX Gyre Pagella", "Book Antiqua", "Noto Serif", Georgia, serif';
const MONO =
  'ui-monospace, "SF Mono", SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace';

/** The wax: the mark, and where one is. Nothing else is of this colour. */
const wax: MantineColorsTuple = [
  "#fbf0f1",
  "#f3dadd",
  "#e5b0b6",
  "#d7838d",
  "#cb5d6a",
  "#b8394a",
  "#9b2335",
  "#84192a",
  "#6d1322",
  "#520c18",
];
/** Broken: refused, revoked, what destroys. Nearer to fire than to wax, and never without a sign and a word. */
const ember: MantineColorsTuple = [
  "#fff3ec",
  "#fde2d3",
  "#f9c0a2",
  "#f49a6e",
  "#ee7a43",
  "#df5c1f",
  "#bd4510",
  "#9e370b",
  "#812d0b",
  "#5f2009",
];
/** Whole: accepted, live. The green of old copper. */
const verdigris: MantineColorsTuple = [
  "#ebf6f3",
  "#d2eae4",
  "#a5d6ca",
  "#76c0af",
  "#4ea996",
  "#318f7c",
  "#207363",
  "#195d50",
  "#154b41",
  "#0e352e",
];
/** Soon: expiring, near a limit. */
const ochre: MantineColorsTuple = [
  "#fdf6e5",
  "#f8e9c2",
  "#efd187",
  "#e4b74d",
  "#d39f26",
  "#b78313",
  "#8f650b",
  "#755208",
  "#5e4208",
  "#432f06",
];
/** Paper and ink, from light to dark. */
const gray: MantineColorsTuple = [
  "#f8f5f0",
  "#f1ece5",
  "#e6dfd6",
  "#d8cfc4",
  "#b9ada0",
  "#94887b",
  "#6b6057",
  "#514840",
  "#38312b",
  "#241f1b",
];
const dark: MantineColorsTuple = [
  "#ede6dd",
  "#d0c7bc",
  "#aca195",
  "#897e73",
  "#4a423c",
  "#38312c",
  "#26211d",
  "#181412",
  "#13100e",
  "#0d0b0a",
];

const field = { size: "sm" } as const;

export const theme = createTheme({
  primaryColor: "gray",
  primaryShade: { light: 9, dark: 1 },
  autoContrast: true,
  white: "#fffdfa",
  black: "#241f1b",
  colors: { wax, ember, verdigris, ochre, gray, dark },
  fontFamily: SANS,
  fontFamilyMonospace: MONO,
  headings: { fontFamily: SERIF, fontWeight: "600" },
  fontSizes: { xs: "0.75rem", sm: "0.8125rem", md: "0.875rem", lg: "1rem", xl: "1.125rem" },
  defaultRadius: "md",
  radius: { xs: "3px", sm: "5px", md: "7px", lg: "10px", xl: "16px" },
  cursorType: "pointer",
  respectReducedMotion: true,
  components: {
    Button: { defaultProps: { size: "sm" } },
    TextInput: { defaultProps: field },
    PasswordInput: { defaultProps: field },
    NativeSelect: { defaultProps: field },
    Textarea: { defaultProps: { ...field, autosize: true, minRows: 2 } },
    // It would lock by an inline style element, and a page without its scroll bar jumps.
    Modal: { defaultProps: { lockScroll: false, centered: true, radius: "lg", padding: "lg" } },
    Drawer: { defaultProps: { lockScroll: false } },
  },
});
