import { accepts } from "hono/accepts";
import type { Context } from "hono";

const REPRESENTATIONS = ["text/html", "application/json"];

/** True where `Accept` (RFC 9110, 12.5.1) prefers JSON to a page. In every other case the answer is the page. */
export function prefersJson(c: Context): boolean {
  const chosen = accepts(c, { header: "Accept", supports: REPRESENTATIONS, default: "text/html" });
  return chosen === "application/json";
}
