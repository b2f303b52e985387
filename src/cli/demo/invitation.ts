import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Output } from "../output.ts";
import type { Actor } from "./actors.ts";
import { forged } from "./scans.ts";
import { commandLines, commandText, type ShellCommand } from "./shell-command.ts";
import type { Ending, Label } from "./story.ts";

/** Someone of the story, with an API key and commands to try. */
export interface Person {
  role: string;
  name: string;
  id: string;
  key: string;
  commands: ShellCommand[];
}

/** Everything that a visitor may try while the demo serves. */
export interface Invitation {
  pages: { what: string; url: string }[];
  people: Person[];
  /** Commands that need no key. */
  anyone: ShellCommand[];
}

/** What the commands need besides the story. */
export interface InvitationNeeds {
  url: string;
  /** Where the files go that commands read and write. */
  folder: string;
  /** The words that start `suyuan`. */
  suyuan: string[];
  nowMs: number;
}

const DAY_MS = 24 * 60 * 60 * 1000;

/** The pages, keys and commands to try after the story. Writes the order that the exporter's command names. */
export function invitationTo(ending: Ending, needs: InvitationNeeds): Invitation {
  return {
    pages: pagesOf(ending, needs.url),
    people: [
      person("exporter", ending.exporter, exporterCommands(ending, needs)),
      person("importer", ending.importer, importerCommands(ending, needs)),
      person("customs officer", ending.officer, officerCommands(ending, needs)),
    ],
    anyone: anyoneCommands(ending, needs),
  };
}

/** The invitation as a person reads it. */
export function printInvitation(out: Output, { pages, people, anyone }: Invitation): void {
  out.line("Open in a browser:");
  const width = Math.max(...pages.map(({ url }) => url.length));
  for (const { what, url } of pages) out.line(`  ${url.padEnd(width)}  ${what}`);
  out.line();
  out.line("Or act as somebody of the story, from another terminal. These API keys are the demo's own: they");
  out.line("open nothing else, and end with it.");
  for (const { role, name, key, commands } of people) {
    out.line();
    out.line(`${name}, ${role}`);
    out.line(`  API key ${key}`);
    for (const command of commands) printCommand(out, command);
  }
  out.line();
  out.line("Anybody, without a key");
  for (const command of anyone) printCommand(out, command);
}

/** The invitation for programs: each command on one line. */
export function invitationDocument({ pages, people, anyone }: Invitation): object {
  return {
    pages,
    people: people.map(({ commands, ...who }) => ({ ...who, try: toTry(commands) })),
    anyone: toTry(anyone),
  };
}

function toTry(commands: ShellCommand[]): object[] {
  return commands.map((command) => ({ what: command.what, command: commandText(command) }));
}

function printCommand(out: Output, command: ShellCommand): void {
  out.line(`  ${command.what}`);
  for (const line of commandLines(command, "    ")) out.line(line);
}

function person(role: string, { name, id, key }: Actor, commands: ShellCommand[]): Person {
  return { role, name, id, key, commands };
}

function pagesOf({ labels }: Ending, url: string): Invitation["pages"] {
  const page = (what: string, { code, gtin }: Label): { what: string; url: string } => ({
    what,
    url: url + (gtin === null ? `/T/${code}` : `/01/${gtin}/21/${code}`),
  });
  return [
    page("a genuine tin", labels.genuine),
    page("a recalled one", labels.recalled),
    page("a suspicious one", labels.suspicious),
    page("one not activated", labels.notActivated),
    page("a forged code", { code: forged(), gtin: null }),
    { what: "the API reference", url: `${url}/docs` },
  ];
}

function exporterCommands(
  { exporter, product, officer }: Ending,
  { url, folder, suyuan, nowMs }: InvitationNeeds,
): ShellCommand[] {
  const day = (days: number): string => new Date(nowMs + days * DAY_MS).toISOString().slice(0, 10);
  const order = join(folder, "order.json");
  const body = {
    product,
    quantity: 500,
    lot: "WC-3072",
    tradeMode: "0110",
    productionDate: day(-7),
    expiryDate: day(723),
    declaredValue: { amount: "7530.00", currency: "USD" },
  };
  writeFileSync(order, `${JSON.stringify(body, null, 2)}\n`);
  return [
    {
      what: "List its batches:",
      groups: [["curl", "-s", `${url}/v1/batches`], bearer(exporter)],
    },
    {
      what: "Order 500 more codes and download them; the officer's key approves the order at once:",
      groups: [
        suyuan,
        ["issue"],
        ["--order", order],
        ["-o", join(folder, "codes.csv")],
        ["--url", url],
        ["--key", exporter.key],
        ["--authority-key", officer.key],
      ],
    },
  ];
}

function importerCommands(
  { importer, arriving }: Ending,
  { url, suyuan, nowMs }: InvitationNeeds,
): ShellCommand[] {
  const at = `${new Date(nowMs).toISOString().slice(0, 19)}Z`;
  const event = { kind: "accepting", at, subjects: [{ unit: arriving.pallet }] };
  // Two lines within the quotes; JSON allows the line break.
  const body = JSON.stringify({ events: [event] }).replace(',"subjects"', ',\n      "subjects"');
  return [
    {
      what: "Trace a tin on the pallet that is on its way, with the documents sealed for its parties:",
      groups: [suyuan, ["trace", arriving.code], ["--url", url], ["--key", importer.key]],
    },
    {
      what: "Report that the pallet has arrived:",
      groups: [
        ["curl", "-s", `${url}/v1/events`],
        bearer(importer),
        ["-H", "Idempotency-Key: arrival-1"],
        ["-H", "Content-Type: application/json"],
        ["-d", body],
      ],
    },
  ];
}

function officerCommands({ officer }: Ending, { url, suyuan }: InvitationNeeds): ShellCommand[] {
  return [
    {
      what: "Audit the whole ledger:",
      groups: [suyuan, ["audit", "--ledger"], ["--url", url], ["--key", officer.key]],
    },
    {
      what: "List the recalls:",
      groups: [["curl", "-s", `${url}/v1/recalls`], bearer(officer)],
    },
  ];
}

function anyoneCommands({ labels, bundle, vkey }: Ending, { url, suyuan }: InvitationNeeds): ShellCommand[] {
  return [
    {
      what: "Scan a label:",
      groups: [suyuan, ["scan", labels.genuine.code], ["--url", url]],
    },
    {
      what: "Check the bundle of chapter 8 offline, with the log's public key:",
      groups: [suyuan, ["verify", bundle], ["--key", vkey]],
    },
  ];
}

function bearer({ key }: Actor): string[] {
  return ["-H", `Authorization: Bearer ${key}`];
}
