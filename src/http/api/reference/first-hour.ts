import { html } from "hono/html";
import type { Html } from "../../pages/parts/layout.ts";
import { exampleNamed } from "../examples/story.ts";
import { block, commandOf } from "./example-view.ts";
import { prose } from "./prose.ts";
import { anchorOf, type Resource } from "./resource.ts";

/** A step: what to do, and the example that does it. */
interface Step {
  say: string;
  example: string;
}

interface Path {
  role: string;
  title: string;
  goal: string;
  steps: readonly Step[];
}

/** The first hour of each kind of user. */
const PATHS: readonly Path[] = [
  {
    role: "exporter",
    title: "Exporter",
    goal: "File yourself and your goods, order codes, print labels, report a shipment.",
    steps: [
      {
        say: "File your enterprise. Keep `apiKey.secret` from the answer in `EXPORTER`.",
        example: "fileExporter",
      },
      { say: "File your goods. The authority approves them.", example: "fileFormula" },
      { say: "Once both are approved, order codes for a lot.", example: "orderFormula" },
      { say: "Read the order until `status` is `ready`.", example: "readBatch" },
      { say: "Fetch the codes for your own printer, or labels.", example: "fetchCsv" },
      { say: "Report that the labels are on the goods.", example: "applying" },
      { say: "Activate the codes: from now on a scan says genuine.", example: "commissioning" },
      { say: "Report the shipment: cartons, pallet and documents in one call.", example: "oneShipment" },
    ],
  },
  {
    role: "importer",
    title: "Importer or carrier",
    goal: "Take goods over, report what happens to them, find out what is in a carton.",
    steps: [
      { say: "File your enterprise. Keep `apiKey.secret` in `IMPORTER`.", example: "fileImporter" },
      { say: "Accept what was shipped to you: from now on you report on it.", example: "accepting" },
      { say: "Report the customs declaration.", example: "declaring" },
      { say: "Look at a carton: its holder, contents and history.", example: "traceCarton" },
      { say: "Report what you do with the goods: unload, store, unpack.", example: "unpacking" },
      { say: "Report a sale.", example: "selling" },
      { say: "Take back an event that was wrong.", example: "correcting" },
    ],
  },
  {
    role: "officer",
    title: "Officer of the authority",
    goal: "Decide filings, see a journey, hold and release, audit, recall.",
    steps: [
      {
        say: "The operator registers your authority. Keep `apiKey.secret` in `OFFICER`.",
        example: "registerOfficer",
      },
      { say: "List what waits for a decision.", example: "listWaitingGoods" },
      { say: "Approve it, or decline it with a reason.", example: "approveExporter" },
      { say: "Hold goods back.", example: "holding" },
      { say: "Release them.", example: "releasing" },
      { say: "Audit the ledger: the first broken link is named.", example: "auditLedger" },
      { say: "Draft a recall and read its reach.", example: "draftLot" },
      { say: "Confirm it: the next scan says recalled.", example: "confirmLot" },
    ],
  },
  {
    role: "laboratory",
    title: "Laboratory",
    goal: "Attach a report to a lot, as a third party.",
    steps: [
      {
        say: "The operator registers you. Keep `apiKey.secret` in `LABORATORY`.",
        example: "registerLaboratory",
      },
      { say: "Report the sample that you took.", example: "sampling" },
      { say: "Store the report's file; the answer has its digest.", example: "storeReport" },
      { say: "Attach it to the batch by that digest.", example: "reporting" },
      { say: "Anybody can fetch it by the digest.", example: "fetchReport" },
    ],
  },
  {
    role: "consumer-app",
    title: "Consumer app",
    goal: "Show what a label's code says. No key is needed.",
    steps: [
      {
        say: "Ask for the verdict. Send the GTIN of the label's link, if it has one.",
        example: "scanGenuine",
      },
      { say: "Show every verdict: a recalled code too has status 200.", example: "scanRecalled" },
      { say: "Show a typing error in another way than an unknown code.", example: "scanMistyped" },
      { say: "Try the PIN under the scratch-off patch.", example: "openPin" },
      { say: "Show the journey.", example: "tracePublic" },
      { say: "Fetch the proofs, and check them offline with `suyuan verify FILE`.", example: "bundleOfCode" },
    ],
  },
];

/** The paths, each folded, with its commands. */
export function firstHour(resources: readonly Resource[]): Html {
  return html`<section class="hours" id="first-hour">
    <h2>Your first hour</h2>
    <p>
      Set <code>S</code> to the address of your service, such as <code>S=http://127.0.0.1:8080</code>, and
      each party's API key to the variable that a command names. The ids are placeholders: put those of your
      own answers in their place. All commands on these pages are one story, in this order, that a test sends
      to a fresh service.
    </p>
    <div class="card">${PATHS.map((path) => pathDetails(path, resources))}</div>
  </section>`;
}

function pathDetails({ role, title, goal, steps }: Path, resources: readonly Resource[]): Html {
  return html`<details id="first-hour-${role}">
    <summary><b>${title}</b> · ${goal}</summary>
    <ol>
      ${steps.map((step) => stepItem(step, resources))}
    </ol>
  </details>`;
}

function stepItem({ say, example: name }: Step, resources: readonly Resource[]): Html {
  const example = exampleNamed(name);
  for (const { slug, places } of resources)
    for (const place of places)
      if (place.operation.operationId === example.operation)
        return html`<li>
          <p>${prose(say)} <a href="/docs/${slug}#${anchorOf(place)}">Details</a></p>
          ${block(commandOf(example, place))}
        </li>`;
  throw new RangeError(`example ${name}: no operation ${example.operation}`);
}
