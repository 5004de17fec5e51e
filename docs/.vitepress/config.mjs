import { createReadStream, cpSync } from "node:fs";
import { join } from "node:path";
import { defineConfig } from "vitepress";
import { sidebar } from "./contents.mjs";
import {
  fileUrlOf,
  linkedFiles,
  NOT_PAGES,
  pageOf,
  ROOT,
  slugify,
  translateLinks,
} from "./site-paths.mjs";

/** Vue would take `{{…}}` in a line of text for an expression of its own. */
function keepBraces(md) {
  const { text, code_inline: code } = md.renderer.rules;
  md.renderer.rules.code_inline = (...all) => code(...all).replace(/^<code/, "<code v-pre");
  md.renderer.rules.text = (...all) => text(...all).replaceAll("{{", "&#123;&#123;");
}

export default defineConfig({
  lang: "en",
  title: "Lacre",
  description: "Request signing for NestJS",
  head: [["link", { rel: "icon", href: "data:," }]],
  srcDir: ROOT,
  srcExclude: NOT_PAGES,
  rewrites: pageOf,
  themeConfig: {
    search: { provider: "local" },
    nav: [
      { text: "Documentation", link: "/contents" },
      { text: "Clients", link: "/clients" },
      { text: "API", link: "/api/" },
    ],
    sidebar: sidebar(),
    outline: [2, 3],
  },
  // As a repository browser reads the same files: no attributes in braces, no link made of a bare domain.
  markdown: {
    linkify: false,
    attrs: { disable: true },
    anchor: { slugify },
    languages: [{ name: "abnf", scopeName: "source.abnf", patterns: [] }], // which the highlighter does not know
    config(md) {
      translateLinks(md);
      keepBraces(md);
    },
  },
  vite: {
    build: { chunkSizeWarningLimit: 4_096 }, // in KiB; the index of the search is one file
    plugins: [{ name: "linked-files", configureServer: serveLinkedFiles }],
  },
  buildEnd({ outDir }) {
    for (const path of linkedFiles) cpSync(join(ROOT, path), join(outDir, fileUrlOf(path)));
  },
});

function serveLinkedFiles({ middlewares }) {
  middlewares.use((request, response, next) => {
    const path = [...linkedFiles].find((each) => fileUrlOf(each) === request.url);
    if (path === undefined) return next();
    response.setHeader("Content-Type", "text/plain; charset=utf-8");
    createReadStream(join(ROOT, path)).pipe(response);
  });
}
