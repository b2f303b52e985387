import { codeAt, ID, SIGNATURE, SIGNING_KEY, UNIT } from "./cast.ts";
import type { Chapter, Example } from "./example.ts";
import { IMPORT_KINDS, type KindExample, PLANT_KINDS, VOYAGE_KINDS } from "./kinds.ts";
import { REPORT_TEXT } from "./report.ts";
import { CODE_FORMS, EMPTY_FORM, type SubjectForm, UNIT_FORMS } from "./subjects.ts";

function ofKind({ kind, meaning, as, event }: KindExample): Example {
  return {
    name: kind,
    summary: `${kind}: ${meaning}`,
    operation: "recordEvents",
    as,
    body: { events: [{ kind, ...event }] },
    status: 201,
  };
}

function ofForm(at: string): (form: SubjectForm) => Example {
  return ({ name, title, subjects, as = "exporter", kind = "storing", with: more = {} }) => ({
    name,
    summary: `Subjects: ${title}`,
    operation: "recordEvents",
    as,
    body: { events: [{ kind, at, subjects, ...more }] },
    status: 201,
  });
}

/** One call for a whole shipment; the pallet's second carton is packed in it too. */
const SHIPMENT: Example = {
  name: "oneShipment",
  summary: "A shipment in one call: a carton packed, two cartons palletised, with what can be said of each",
  operation: "recordEvents",
  as: "exporter",
  idempotencyKey: "shipment-2026-11-05",
  body: {
    events: [
      {
        id: "pack-2026-11-05-2",
        kind: "packing",
        at: "2026-11-05T09:00:00+13:00",
        subjects: [{ batch: ID.batch, first: 24, last: 29 }],
        into: UNIT.secondCarton,
        place: { country: "NZ", locode: "NZAKL", name: "Packing hall 1" },
      },
      {
        id: "palletise-2026-11-05-1",
        kind: "packing",
        at: "2026-11-05T10:00:00+13:00",
        subjects: [{ unit: UNIT.carton }, { unit: UNIT.secondCarton }],
        into: UNIT.pallet,
        documents: [{ type: "bol", number: "BL-4711", tier: "parties" }],
        fields: { shift: "early" },
        sealed: { owner: { operator: "line 2" } },
      },
    ],
  },
  status: 201,
};

/** At the plant, the day after the codes were made. */
export const PLANT: Chapter = {
  now: "2026-11-05T02:00:00Z",
  examples: [
    ...PLANT_KINDS.map(ofKind),
    ...CODE_FORMS.map(ofForm("2026-11-04T15:00:00+13:00")),
    SHIPMENT,
    {
      name: "packedTwice",
      summary: "Goods cannot be in two cartons at once",
      operation: "recordEvents",
      as: "exporter",
      body: {
        events: [
          {
            id: "pack-2026-11-05-3",
            kind: "packing",
            at: "2026-11-05T12:00:00+13:00",
            subjects: [{ firstCode: codeAt(0), lastCode: codeAt(3) }],
            into: UNIT.spareCarton,
          },
        ],
      },
      status: 422,
    },
    {
      name: "wrongSubject",
      summary: "A subject of no known form",
      operation: "recordEvents",
      as: "exporter",
      body: {
        events: [
          {
            kind: "storing",
            at: "2026-11-05T12:00:00+13:00",
            subjects: [{ firstcode: codeAt(0), lastCode: codeAt(3) }],
          },
        ],
      },
      status: 400,
    },
    {
      name: "notHeld",
      summary: "An enterprise reports on what it holds",
      operation: "recordEvents",
      as: "carrier",
      body: {
        events: [
          {
            id: "sale-1",
            kind: "selling",
            at: "2026-11-05T12:00:00+13:00",
            subjects: [{ batch: ID.batch, first: 400, last: 400 }],
          },
        ],
      },
      status: 422,
    },
    {
      name: "prepareOne",
      summary: "The statement of an event, to be signed",
      operation: "prepareEvents",
      as: "exporter",
      body: {
        events: [
          {
            id: "check-2026-11-05-1",
            kind: "inspecting",
            at: "2026-11-05T13:00:00+13:00",
            subjects: [{ batch: ID.batch, first: 400, last: 499 }],
            documents: [{ type: "cert", number: "QA-88" }],
          },
        ],
      },
      status: 200,
    },
  ],
};

/** Sent as it was prepared, with the signature beside it. */
export const SIGNING: Chapter = {
  now: "2026-11-05T03:00:00Z",
  examples: [
    {
      name: "recordSigned",
      summary: "The prepared statement with the reporter's own signature",
      operation: "recordEvents",
      as: "exporter",
      idempotencyKey: "signed-2026-11-05-1",
      body: {
        events: [
          {
            answerTo: "prepareOne",
            at: "events.0",
            and: { signature: { key: SIGNING_KEY, value: SIGNATURE } },
          },
        ],
      },
      status: 201,
    },
    {
      name: "revokeKeyOfStatements",
      summary: "Revoke the signing key: what it signed stays valid",
      operation: "revokeSigningKey",
      as: "exporter",
      path: { id: ID.exporter },
      idempotencyKey: "signing-key-1-revoked",
      status: 200,
    },
  ],
};

/** To the importer's port. */
export const VOYAGE: Chapter = {
  now: "2026-11-24T01:00:00Z",
  examples: [
    ...VOYAGE_KINDS.slice(0, 1).map(ofKind),
    ...UNIT_FORMS.map(ofForm("2026-11-06T09:15:00+13:00")),
    ...VOYAGE_KINDS.slice(1).map(ofKind),
  ],
};

/** Through customs to the shop. */
export const IMPORT: Chapter = {
  now: "2026-11-30T01:00:00Z",
  examples: [
    {
      name: "storeReport",
      summary: "The laboratory stores its report: the body is the file",
      operation: "storeFile",
      as: "laboratory",
      query: { name: "KD-2026-0417.txt" },
      file: { mediaType: "text/plain", text: REPORT_TEXT },
      status: 201,
    },
    ...IMPORT_KINDS.slice(0, 9).map(ofKind),
    ofForm("2026-11-26T09:10:00+08:00")(EMPTY_FORM),
    {
      name: "storeOnShelf",
      summary: "An event with an id that a correction can name",
      operation: "recordEvents",
      as: "importer",
      body: {
        events: [
          {
            id: "shelf-2026-11-26",
            kind: "storing",
            at: "2026-11-26T09:20:00+08:00",
            subjects: [{ unit: UNIT.carton }],
          },
        ],
      },
      status: 201,
    },
    ...IMPORT_KINDS.slice(9).map(ofKind),
    {
      name: "listOwnEvents",
      summary: "The importer's newest events; `correctedBy` is the index of the correction",
      operation: "listEvents",
      as: "importer",
      query: { limit: "2" },
      status: 200,
    },
    {
      name: "listOrganisationsEvents",
      summary: "The authority reads one organisation's events",
      operation: "listEvents",
      as: "officer",
      query: { organisation: ID.laboratory, limit: "10" },
      status: 200,
    },
  ],
};
