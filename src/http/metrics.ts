import type { Context, Handler } from "hono";
import type { Environment } from "./environment.ts";
import type { RequestCounts } from "./request-counts.ts";

/** The figures of a process, for an operator's monitoring. */
export interface Metrics {
  requests: RequestCounts;
  /** OpenMetrics text, with its media type. */
  text(): Promise<{ mediaType: string; text: string }>;
}

/** Answers with the figures, which show how much is written: the route admits the operator's key alone. */
export function metricsAnswer(metrics: Metrics): Handler<Environment> {
  return async (c: Context<Environment>) => {
    const { mediaType, text } = await metrics.text();
    return c.body(text, 200, { "Content-Type": mediaType, "Cache-Control": "no-store" });
  };
}
