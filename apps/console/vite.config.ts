import { fileURLToPath } from "node:url";
import { lingui } from "@lingui/vite-plugin";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";
import { pageWeight } from "./page/build/page-weight.js";
import { themeVariables } from "./page/build/theme-variables.js";

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** The page: `npm run console:page` writes it to dist/page. As a server of its own it asks a console on port 3100. */
export default defineConfig(({ command }) => ({
  root: at("page"),
  // Of a build that is well only its weight is worth a line.
  ...(command === "build" && { logLevel: "warn" as const }),
  plugins: [
    react(),
    lingui({
      configPath: at("lingui.config.ts"),
      failOnMissing: true,
      failOnCompileError: true,
    }),
    themeVariables(),
    pageWeight(),
  ],
  build: {
    outDir: at("dist/page"),
    emptyOutDir: true,
    target: "es2022",
    // The policy of the page allows no data: but for images, and nothing inline.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 600,
    reportCompressedSize: false,
    manifest: "manifest.json",
  },
  server: { port: 3101, proxy: { "/v1": "http://127.0.0.1:3100" } },
}));
