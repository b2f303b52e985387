import type { PlannedScan } from "../traffic.ts";
import { Connection, getRequest } from "./connection.ts";

/** What came of scans that were checked one by one. */
export interface Checked {
  scans: number;
  /** Mean length of the bodies, in bytes. */
  meanBytes: number;
  byVerdict: Record<string, number>;
}

const ACCEPT_PAGE = "text/html";
/** One scan in ten asks for the page. */
const PAGE_EVERY = 10;
const CONNECTIONS = 16;

/**
 * Makes scans over HTTP and checks each verdict; every tenth asks for the page as a browser does.
 * @throws Error at the first answer that is not as it must be
 */
export async function checkVerdicts(port: number, scans: readonly PlannedScan[]): Promise<Checked> {
  const checked: Checked = { scans: 0, meanBytes: 0, byVerdict: {} };
  let bytes = 0;
  let bodies = 0;
  const waiting = scans.entries();
  const phone = async (): Promise<void> => {
    const connection = await Connection.open(port);
    try {
      for (const [n, { path, verdict }] of waiting) {
        const asPage = n % PAGE_EVERY === PAGE_EVERY - 1;
        const { status, body } = await connection.send(getRequest(path, asPage ? ACCEPT_PAGE : undefined));
        if (status !== 200)
          throw new Error(`a scan of ${path} was answered ${status}: ${body.slice(0, 200)}`);
        if (asPage) checkPage(path, body);
        else {
          const said = (JSON.parse(body) as { verdict: string }).verdict;
          if (said !== verdict) throw new Error(`a scan of ${path} said ${said}, not ${verdict}: ${body}`);
          bytes += Buffer.byteLength(body);
          bodies += 1;
        }
        checked.scans += 1;
        checked.byVerdict[verdict] = (checked.byVerdict[verdict] ?? 0) + 1;
      }
    } finally {
      connection.close();
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, phone));
  return { ...checked, meanBytes: bodies === 0 ? 0 : Math.round(bytes / bodies) };
}

function checkPage(path: string, body: string): void {
  if (!body.startsWith("<!doctype html>") && !body.startsWith("<!DOCTYPE html>"))
    throw new Error(`a scan of ${path} as a browser brought no page: ${body.slice(0, 200)}`);
}
