// Bundles the sources into dist/, so that a start strips no types and reads few files: node scripts/build.ts
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import type { BuildOptions, Metafile } from "esbuild";

const ROOT = resolve(import.meta.dirname, "..");
/** The licences of what was bundled, which they ask to be kept with it. */
const LICENSES = "licenses.txt";

/** One row for each runtime that something is built for. */
const TARGETS: readonly (BuildOptions & { outdir: string })[] = [
  {
    outdir: "dist",
    platform: "node",
    target: "node22",
    // A worker's name is known to `workerUrl` (src/node/worker-url.ts): it lies beside the chunks that start it.
    entryPoints: {
      suyuan: "src/cli/main.ts",
      "code-generator-worker": "src/node/code-generator-worker.ts",
      "label-sheet-worker": "src/node/label-sheet-worker.ts",
      "wal-checkpoint-worker": "src/node/data/wal-checkpoint-worker.ts",
    },
    // It loads a native library from its own folder.
    external: ["better-sqlite3"],
  },
];

const esbuild = await import("esbuild").catch((error: NodeJS.ErrnoException) => {
  if (error.code === "ERR_MODULE_NOT_FOUND") return undefined;
  throw error;
});

if (esbuild === undefined)
  console.log(
    "dist/ is not built, since esbuild is not installed (npm ci without --omit=dev installs it): " +
      "suyuan runs from src/, which starts more slowly",
  );
else
  for (const { outdir, ...options } of TARGETS) {
    const startedMs = performance.now();
    const { metafile } = await esbuild.build({
      ...options,
      outdir,
      absWorkingDir: ROOT,
      bundle: true,
      splitting: true,
      format: "esm",
      legalComments: "none",
      logLevel: "warning",
      metafile: true,
    });
    writeFileSync(join(ROOT, outdir, LICENSES), licenses(metafile));
    removeStale(outdir, metafile);
    const outputs = Object.values(metafile.outputs);
    const kilobytes = Math.round(outputs.reduce((sum, { bytes }) => sum + bytes, 0) / 1000);
    const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
    console.log(`${outdir}/: ${outputs.length} files, ${kilobytes} kB, in ${seconds} s`);
  }

/** Removes the files of earlier builds. A running service may still load its chunks until the new ones exist. */
function removeStale(outdir: string, { outputs }: Metafile): void {
  const kept = new Set([LICENSES, ...Object.keys(outputs).map((file) => relative(outdir, file))]);
  for (const file of readdirSync(join(ROOT, outdir)))
    if (!kept.has(file)) rmSync(join(ROOT, outdir, file), { recursive: true });
}

/** The licence texts of the packages that the bundle contains, by name. */
function licenses({ inputs }: Metafile): string {
  const folders = new Set(
    Object.keys(inputs).flatMap((file) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0] ?? []),
  );
  return [...folders].sort().map(licenseOf).join("\n");
}

function licenseOf(folder: string): string {
  const path = join(ROOT, folder);
  const { name, version, license } = JSON.parse(readFileSync(join(path, "package.json"), "utf8")) as {
    name: string;
    version: string;
    license?: string;
  };
  const texts = readdirSync(path).filter((file) => /^licen[cs]e/i.test(file));
  const text = texts.map((file) => readFileSync(join(path, file), "utf8").trim()).join("\n\n");
  return `${name} ${version} (${license ?? "no licence named"})\n\n${text}\n`;
}
