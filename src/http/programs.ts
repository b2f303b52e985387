import { isbot } from "isbot";

/**
 * HTTP libraries that apps use to ask on a person's behalf: they say nothing of who asks, so their requests count as scans.
 * isbot lists them among the programs.
 */
const LIBRARIES =
  /^(?:apache-httpclient|autocannon|axios|curl|dart|go-http-client|grafana k6|guzzlehttp|java|k6|libcurl|node|node-fetch|okhttp|postmanruntime|python|python-requests|python-urllib|reactor-netty|ruby|undici|wget|wrk)\b/i;
/** Longer user agents are judged by their beginning. */
const MOST_CHARACTERS = 512;
const MOST_KNOWN = 1024;
const known = new Map<string, boolean>();

/** Whether a user agent is a program's (link previews, crawlers, monitors), by the list of the package isbot. */
export function isProgram(userAgent: string | undefined): boolean {
  if (userAgent === undefined) return false;
  const text = userAgent.slice(0, MOST_CHARACTERS);
  const judged = known.get(text);
  if (judged !== undefined) return judged;
  const program = !LIBRARIES.test(text) && isbot(text);
  if (known.size === MOST_KNOWN) known.clear();
  known.set(text, program);
  return program;
}

/** Headers in which browsers say that they fetch ahead (Fetch: `Sec-Purpose`, and older ones). */
export const PURPOSE_HEADERS = ["sec-purpose", "purpose", "x-purpose", "x-moz"] as const;

/** Whether a browser fetches a page that nobody looks at yet. */
export function isAhead(header: (name: string) => string | undefined): boolean {
  return PURPOSE_HEADERS.some((name) => /\b(?:prefetch|prerender|preview)\b/i.test(header(name) ?? ""));
}
