import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createApp } from "../src/app.ts";
import { configFrom } from "../src/node/config.ts";
import { openService } from "../src/node/open.ts";
import { startService } from "../src/node/serve.ts";
import type { Served } from "./api-client.ts";

const SETTINGS = {
  SUYUAN_HOST: "trace.example.org",
  SUYUAN_PORT: "0",
  SUYUAN_ADDRESS: "127.0.0.1",
  SUYUAN_ANONYMOUS_PER_MINUTE: "0",
};

/** A service on Node whose app is called without a socket. */
export function servedInProcess(): Promise<Served> {
  const folder = mkdtempSync(join(tmpdir(), "suyuan-served-"));
  const opened = openService(configFrom({ ...SETTINGS, SUYUAN_DATA: folder }));
  const app = createApp({ service: opened.service, fault: (error) => console.error(error) });
  return Promise.resolve({
    fetch: async (request) => app.fetch(request),
    operatorKey: opened.firstStart?.operatorKey ?? "",
    async dispose() {
      await opened.close();
      rmSync(folder, { recursive: true, force: true });
    },
  });
}

/** A service on Node that listens, with everything that `suyuan serve` puts between the socket and the app. */
export async function servedOnSocket(): Promise<Served & { url: string }> {
  const folder = mkdtempSync(join(tmpdir(), "suyuan-served-"));
  const running = await startService(configFrom({ ...SETTINGS, SUYUAN_DATA: folder }));
  return {
    url: running.url,
    fetch(request) {
      const { pathname, search } = new URL(request.url);
      return fetch(new Request(new URL(pathname + search, running.url), request));
    },
    operatorKey: running.opened.firstStart?.operatorKey ?? "",
    async dispose() {
      await running.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
