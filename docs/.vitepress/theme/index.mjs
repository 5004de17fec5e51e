// The default theme with the fonts of the reader's system, so that a page loads nothing but its own text and code.
export { default } from "vitepress/theme-without-fonts";
