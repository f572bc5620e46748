// Builds the page: a script, a sheet and a sample with the hash of their bytes in their names, and the HTML.
// usage: node build.mjs [FOLDER]    (default: dist)
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const folder = process.argv[2] ?? join(here, "dist");
const made = await build({
  absWorkingDir: here,
  entryPoints: { page: "src/main.tsx", style: "src/style.css" },
  outdir: "out",
  bundle: true,
  write: false,
  minify: true,
  format: "esm",
  target: ["es2022"],
  jsx: "automatic",
  jsxImportSource: "preact",
  charset: "utf8",
  legalComments: "none",
  loader: { ".jpg": "file" },
  assetNames: "[name]-[hash]",
  publicPath: "/web",
});
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
const names = {};
for (const { path, contents } of made.outputFiles) {
  if (path.endsWith(".jpg")) {
    writeFileSync(join(folder, basename(path)), contents);
    continue;
  }
  const kind = path.endsWith(".css") ? "css" : "js";
  const hash = createHash("sha256").update(contents).digest("hex").slice(0, 12);
  names[kind] = `page-${hash}.${kind}`;
  writeFileSync(join(folder, names[kind]), contents);
}
const html = readFileSync(join(here, "src/index.html"), "utf8");
writeFileSync(
  join(folder, "index.html"),
  html.replace("page.css", names.css).replace("page.js", names.js),
);
