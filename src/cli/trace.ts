import type { Kind } from "../core/custody/vocabulary.ts";
import { kindName } from "../i18n/kinds.ts";
import { CLIENT_OPTIONS, clientOf } from "./client.ts";
import { type Command, DONE, onlyWord } from "./command.ts";
import { codeIn } from "./typed-code.ts";
import { nameOf } from "./scan.ts";

interface Names {
  zh?: string;
  en?: string;
}

/** The fields of a trace that this command shows. */
export interface Trace {
  code: string;
  position: number;
  batch: string;
  product: { name: Names; lot: string };
  enterprise: { name: Names };
  status: string;
  holder?: string;
  held: boolean;
  recalls: string[];
  steps: TraceStep[];
  findings: { rule: string; index: number; message: string }[];
}

export interface TraceStep {
  index: number;
  event: string;
  kind: Kind;
  at: string;
  by: { role: string; name: Names };
  place?: { country?: string; locode?: string; name?: string };
  reports: { title: string; result?: string }[];
  public: { readings?: { type: string; value: string; unit: string }[] };
  sealed: { name: string; value: unknown }[];
  withheld: number;
  via: { type: string; id?: string }[];
  signed: boolean;
  correctedBy?: number;
}

export const trace: Command = {
  name: "trace",
  summary: "Show the whole journey of a code",
  words: "CODE",
  about:
    "With the key of a party to the journey, or of the authority, it also shows the fields that are sealed for others.",
  options: CLIENT_OPTIONS,
  async run(call) {
    const code = codeIn(onlyWord(call, "CODE"));
    const answer = await clientOf(call).call<Trace>("GET", `/v1/trace/${encodeURIComponent(code)}`);
    call.out.document(answer);
    const { product, enterprise, status, held, steps, findings, recalls } = answer;
    call.out.line(`${nameOf(product.name)}, lot ${product.lot}, of ${nameOf(enterprise.name)}`);
    call.out.line(`status ${status}${held ? ", held" : ""}${recalls.length > 0 ? ", under recall" : ""}`);
    call.out.line();
    for (const step of steps) call.out.line(stepLine(step));
    for (const { rule, index, message } of findings)
      call.out.line(`  finding at record ${index}: ${rule}, ${message}`);
    return DONE;
  },
};

/** One step on one line: time, kind, reporter, place, units. */
function stepLine(step: TraceStep): string {
  const { kind, at, by, via, reports, withheld, signed, correctedBy, index } = step;
  const parts = [
    `  ${at.slice(0, 16).replace("T", " ")}  ${kindName(kind, "en").padEnd(21)} ${nameOf(by.name)}`,
    placeText(step),
    via.length > 0 ? `in ${via.map(({ type, id }) => id ?? type).join(" in ")}` : "",
    ...reports.map(({ title, result }) => `report: ${title}${result === undefined ? "" : ` (${result})`}`),
    ...(step.public.readings ?? []).map(({ type, value, unit }) => `${type} ${value} ${unit}`),
    withheld > 0 ? `${withheld} sealed` : "",
    signed ? "signed by its reporter" : "",
    correctedBy === undefined ? "" : `corrected by record ${correctedBy}`,
    `record ${index}`,
  ];
  return parts.filter((part) => part !== "").join("; ");
}

function placeText({ place }: TraceStep): string {
  return place === undefined ? "" : (place.name ?? place.locode ?? place.country ?? "");
}
