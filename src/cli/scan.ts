import { parseTraceUrl } from "../core/code/link.ts";
import { CLIENT_OPTIONS, clientOf } from "./client.ts";
import { type Command, DONE, onlyWord } from "./command.ts";

/** The fields of a scan's answer that this command shows. */
export interface ScanAnswer {
  verdict: "genuine" | "not_activated" | "suspicious" | "recalled" | "void" | "unknown" | "mistyped";
  reason?: string;
  position?: number;
  code?: string;
  product?: { gtin: string | null; name: Names };
  batch?: { lot: string; productionDate?: string; expiryDate?: string };
  enterprise?: { name: Names };
  scans?: { count: number; first: { at: string; region: string } | null };
  cautions?: { countries: number; networks: number; since: string; hours: number }[];
  recall?: { reason?: string; advice?: string };
  links: { page: string };
}

interface Names {
  zh?: string;
  en?: string;
}

const VERDICTS: Readonly<Record<ScanAnswer["verdict"], string>> = {
  genuine: "GENUINE",
  not_activated: "NOT ACTIVATED: the code was issued, but no report says that its goods were made",
  suspicious: "SUSPICIOUS",
  recalled: "RECALLED",
  void: "VOID",
  unknown: "UNKNOWN: no such code was ever issued, so the label is a fake",
  mistyped: "MISTYPED: no code has these characters. Compare them with the label",
};

export const scan: Command = {
  name: "scan",
  summary: "Scan a code or a label's link, as a consumer does",
  words: "CODE",
  about: "The service counts it as a scan. Every verdict is an answer, so the exit code is 0 for each.",
  options: { url: CLIENT_OPTIONS.url },
  async run(call) {
    const typed = onlyWord(call, "CODE");
    const link = parseTraceUrl(typed) ?? { code: typed };
    const query = link.gtin === undefined ? "" : `?gtin=${link.gtin}`;
    const path = `/v1/scan/${encodeURIComponent(link.code)}${query}`;
    const answer = await clientOf(call).call<ScanAnswer>("GET", path);
    call.out.document(answer);
    for (const line of scanLines(answer)) call.out.line(line);
    return DONE;
  },
};

function scanLines(answer: ScanAnswer): string[] {
  const { verdict, reason, position, code, product, batch, enterprise, scans, recall } = answer;
  const where = position === undefined ? "" : ` ${position}`;
  const lines = [`${VERDICTS[verdict]}${reason === undefined ? "" : ` (${reason}${where})`}`];
  if (code !== undefined) lines.push(`  code        ${code}`);
  if (product !== undefined) lines.push(`  goods       ${nameOf(product.name)}`);
  if (batch !== undefined) lines.push(`  lot         ${batch.lot}${datesOf(batch)}`);
  if (enterprise !== undefined) lines.push(`  from        ${nameOf(enterprise.name)}`);
  if (scans !== undefined) lines.push(`  scans       ${scansText(scans)}`);
  for (const { countries, networks, hours } of answer.cautions ?? [])
    lines.push(
      `  caution     scanned from ${countries} countries and ${networks} networks in ${hours} hours`,
    );
  if (recall?.reason !== undefined) lines.push(`  recall      ${recall.reason}`);
  if (recall?.advice !== undefined) lines.push(`  what to do  ${recall.advice}`);
  return lines;
}

function datesOf({ productionDate, expiryDate }: NonNullable<ScanAnswer["batch"]>): string {
  const made = productionDate === undefined ? "" : `, made ${productionDate}`;
  return expiryDate === undefined ? made : `${made}, best before ${expiryDate}`;
}

function scansText({ count, first }: NonNullable<ScanAnswer["scans"]>): string {
  if (first === null || count <= 1) return "this is the first";
  return `${count}; the first at ${first.at}, region ${first.region}`;
}

/** The English name, else the Chinese one: the command line is in English. */
export function nameOf(names: Names): string {
  return names.en ?? names.zh ?? "?";
}
