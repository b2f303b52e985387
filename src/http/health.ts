import { Hono } from "hono";
import { type ReadinessCheck, readinessChecks } from "../services/ledger/readiness.ts";
import type { Service } from "../services/service.ts";
import type { Environment } from "./environment.ts";

/** The answer of `/readyz`. */
export interface Readiness {
  ready: boolean;
  checks: Record<string, { ok: boolean; problem?: string }>;
}

/** An answer serves everybody who asks within this time: a stranger's requests cost nothing more. */
const KEPT_MS = 5000;
/** A check that takes longer has failed. */
const CHECK_MS = 3000;

/** Runs the checks at most once in 5 s, whatever the number of requests. */
export class ReadinessProbe {
  private readonly checks: readonly ReadinessCheck[];
  private readonly now: () => number;
  private last: Promise<Readiness> | undefined;
  private lastMs = -Infinity;

  /** @param now milliseconds */
  constructor(checks: readonly ReadinessCheck[], now: () => number) {
    this.checks = checks;
    this.now = now;
  }

  read(): Promise<Readiness> {
    const nowMs = this.now();
    if (this.last === undefined || Math.abs(nowMs - this.lastMs) > KEPT_MS) {
      this.lastMs = nowMs;
      this.last = this.run();
    }
    return this.last;
  }

  private async run(): Promise<Readiness> {
    const results = await Promise.all(
      this.checks.map(async (check) => {
        const problem = await inTime(check);
        return [check.name, problem === undefined ? { ok: true } : { ok: false, problem }] as const;
      }),
    );
    return { ready: results.every(([, { ok }]) => ok), checks: Object.fromEntries(results) };
  }
}

async function inTime(check: ReadinessCheck): Promise<string | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<string>((settle) => {
    timer = setTimeout(() => settle(`no answer within ${CHECK_MS / 1000} seconds`), CHECK_MS);
  });
  try {
    return await Promise.race([check.problem(), late]);
  } catch {
    return "the check itself failed; the operator's log says why";
  } finally {
    clearTimeout(timer);
  }
}

/** `/healthz` (the process answers) and `/readyz` (it can take requests; 503 where not). Neither waits for the disk. */
export function healthRoutes(probe: ReadinessProbe): Hono<Environment> {
  const routes = new Hono<Environment>();
  routes.get("/healthz", (c) => c.text("ok\n", 200, { "Cache-Control": "no-store" }));
  routes.get("/readyz", async (c) => {
    const readiness = await probe.read();
    return c.json(readiness, readiness.ready ? 200 : 503, { "Cache-Control": "no-store" });
  });
  return routes;
}

/** The probe of a service; `further` are checks of its runtime. */
export function probeOf(service: Service, further: readonly ReadinessCheck[] = []): ReadinessProbe {
  return new ReadinessProbe([...readinessChecks(service), ...further], () => performance.now());
}
