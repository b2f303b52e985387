import { codeAt, ID, UNIT } from "./cast.ts";
import type { Actor } from "./example.ts";

/** One form of `subjects`, sent as an event of kind `storing` or the kind given. */
export interface SubjectForm {
  name: string;
  /** What the form names, in a few words. */
  title: string;
  note: string;
  subjects: readonly unknown[];
  as?: Actor;
  kind?: string;
  /** Further members of the event. */
  with?: Readonly<Record<string, unknown>>;
}

/** The forms that name codes. */
export const CODE_FORMS: readonly SubjectForm[] = [
  {
    name: "subjectsWholeBatch",
    title: "A whole batch",
    note: "Every code of the batch, without spelling one.",
    subjects: [{ batch: ID.secondBatch }],
  },
  {
    name: "subjectsPositions",
    title: "Positions of a batch",
    note: "Positions are those of the codes' CSV: from 0, both ends included. One code: first equals last.",
    subjects: [{ batch: ID.batch, first: 0, last: 5 }],
  },
  {
    name: "subjectsCodeRange",
    title: "First and last code",
    note: "All codes of one batch from the first to the last, in printing order, both included.",
    subjects: [{ firstCode: codeAt(0), lastCode: codeAt(7) }],
  },
  {
    name: "subjectsCodeList",
    title: "A list of codes",
    note: "1 to 3,000 codes of any batches, in any order, with or without dashes. Neighbours in printing order are joined; scattered codes cost a row each.",
    subjects: [{ codes: [codeAt(0), codeAt(1), codeAt(5)] }],
  },
];

/** The forms that name logistic units; the units were packed before. */
export const UNIT_FORMS: readonly SubjectForm[] = [
  {
    name: "subjectsSscc",
    title: "A carton or pallet by its SSCC",
    note: "`sscc:` and 18 digits with their check digit (GS1). The event reaches all that is inside.",
    subjects: [{ unit: UNIT.carton }],
  },
  {
    name: "subjectsContainer",
    title: "A container",
    note: "`container:` and an ISO 6346 number with its check digit.",
    subjects: [{ unit: UNIT.container }],
  },
  {
    name: "subjectsOwnNumber",
    title: "A unit by a number of your own",
    note: "`lpn:` and 1 to 48 letters, digits, dots, dashes and underscores: unique within your organisation.",
    subjects: [{ unit: UNIT.cage }],
  },
  {
    name: "subjectsOthersNumber",
    title: "A unit by another organisation's number",
    note: "`lpn:`, that organisation's id, a slash and its number.",
    subjects: [{ unit: `lpn:${ID.exporter}/CAGE-17` }],
    as: "officer",
    kind: "inspecting",
  },
  {
    name: "subjectsSeveral",
    title: "Several at once",
    note: "Up to 1,000 subjects of any forms in one event.",
    subjects: [
      { batch: ID.batch, first: 300, last: 311 },
      { codes: [codeAt(6)] },
      { unit: UNIT.secondCarton },
    ],
  },
];

/** The form that names nothing: the importer empties the pallet. */
export const EMPTY_FORM: SubjectForm = {
  name: "subjectsNone",
  title: "No subjects: all that is in a unit",
  note: "With `unpacking` or `unloading` and `from`, an empty list takes everything out in one record.",
  subjects: [],
  as: "importer",
  kind: "unpacking",
  with: { from: UNIT.pallet },
};

export const SUBJECT_FORMS: readonly SubjectForm[] = [...CODE_FORMS, ...UNIT_FORMS, EMPTY_FORM];
