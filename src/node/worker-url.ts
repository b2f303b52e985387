import { extname } from "node:path";

/**
 * The URL of a worker thread's entry beside a module: TypeScript in `src/`, and in `dist/` the JavaScript that the build
 * made of it, under the same name.
 * @param name without extension, such as `wal-checkpoint-worker`
 * @param moduleUrl `import.meta.url` of the module that starts the worker
 */
export function workerUrl(name: string, moduleUrl: string): URL {
  return new URL(`${name}${extname(new URL(moduleUrl).pathname)}`, moduleUrl);
}
