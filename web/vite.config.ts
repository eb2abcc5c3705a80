import { defineConfig, type UserConfig } from "vite";
import { pagePolicy } from "../src/cli/page-policy.ts";

/** The interactive page, built into dist/web: static files that any host can serve from any folder. */
const config: UserConfig = defineConfig({
  root: import.meta.dirname,
  base: "./",
  publicDir: false,
  logLevel: "warn",
  build: {
    outDir: "../dist/web",
    emptyOutDir: true,
    target: "es2023",
    // Preloading puts inline links into the page and warns where they are not used at once.
    modulePreload: false,
    chunkSizeWarningLimit: 1500,
  },
  worker: { format: "es" },
  plugins: [
    {
      name: "content-security-policy",
      apply: "build",
      transformIndexHtml: () => [
        { tag: "meta", attrs: { "http-equiv": "Content-Security-Policy", content: pagePolicy }, injectTo: "head-prepend" },
      ],
    },
  ],
});
export default config;
