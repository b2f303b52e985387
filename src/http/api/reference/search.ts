import type { ApiDocument } from "../documented.ts";
import { ALL_KINDS } from "../examples/kinds.ts";
import { SUBJECT_FORMS } from "../examples/subjects.ts";
import { examplesOf } from "./operation-section.ts";
import { fieldsOf, parametersOf } from "./field-list.ts";
import { type NamedProblem, nameOf } from "./index-page.ts";
import { needsOf, reportersOf } from "./kinds-section.ts";
import { anchorOf, type Resource, summaryOf } from "./resource.ts";

/** Something that a search may find. */
export interface Entry {
  sort: "Call" | "Field" | "Kind of event" | "Subjects" | "Problem";
  title: string;
  href: string;
  /** A line about it. */
  note: string;
  /** In lower case: a word found in the name counts more than one found in the text. */
  name: string;
  text: string;
}

/** Longest query that is looked at, in characters. */
export const MAX_QUERY = 100;
const MOST_FOUND = 60;
const MOST_WORDS = 8;

/** Everything that the reference names: calls, fields, kinds, forms of subjects, problems. */
export function entriesOf(
  document: ApiDocument,
  resources: readonly Resource[],
  problems: readonly NamedProblem[],
): Entry[] {
  return [
    ...resources.flatMap((resource) => callEntries(resource)),
    ...ALL_KINDS.map((one) =>
      entry("Kind of event", one.kind, `/docs/custody#example-${one.kind}`, one.meaning, [
        reportersOf(one),
        ...needsOf(one),
      ]),
    ),
    ...SUBJECT_FORMS.map(({ name, title, note, subjects }) =>
      entry("Subjects", title, `/docs/custody#${name}`, note, [JSON.stringify(subjects), "subjects"]),
    ),
    ...problems.map(({ type, status, title, remedy }) =>
      entry("Problem", `${status} ${nameOf(type)}`, `/docs/problems#${nameOf(type)}`, title, [remedy, type]),
    ),
    ...fieldEntries(document, resources),
  ];
}

function callEntries({ slug, title, places }: Resource): Entry[] {
  return places.map((place) => {
    const { method, path, operation } = place;
    const examples = examplesOf(operation).map(({ summary }) => summary);
    const words = [summaryOf(place), operation.operationId, title, operation.description ?? "", ...examples];
    return entry("Call", `${method} /v1${path}`, `/docs/${slug}#${anchorOf(place)}`, summaryOf(place), words);
  });
}

/** A field is found once, at the first call that has it. */
function fieldEntries(document: ApiDocument, resources: readonly Resource[]): Entry[] {
  const found = new Map<string, Entry>();
  for (const { slug, places } of resources)
    for (const place of places) {
      const { parameters = [], requestBody, responses } = place.operation;
      const contents = [requestBody?.content, ...Object.values(responses).map(({ content }) => content)];
      const fields = contents.flatMap((content) =>
        Object.values(content ?? {}).flatMap(({ schema }) => fieldsOf(document, schema)),
      );
      const href = `/docs/${slug}#${anchorOf(place)}`;
      for (const { path, type, description } of [
        ...(parameters.length > 0 ? parametersOf(place.operation) : []),
        ...fields,
      ])
        if (!found.has(path))
          found.set(path, entry("Field", path, href, `${type}. ${description}`, [summaryOf(place)]));
    }
  return [...found.values()];
}

function entry(sort: Entry["sort"], title: string, href: string, note: string, words: string[]): Entry {
  const text = [title, note, ...words].join(" ").toLowerCase();
  return { sort, title, href, note, name: `${title} ${note}`.toLowerCase(), text };
}

/** The entries that have every word of a query, best first, at most 60. */
export function find(entries: readonly Entry[], query: string): Entry[] {
  const words = query
    .slice(0, MAX_QUERY)
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== "")
    .slice(0, MOST_WORDS);
  if (words.length === 0) return [];
  const scored = entries.flatMap((one) => {
    const scores = words.map((word) => scoreOf(one, word));
    return scores.includes(0) ? [] : [{ one, score: scores.reduce((sum, score) => sum + score, 0) }];
  });
  return scored
    .sort((a, b) => b.score - a.score)
    .slice(0, MOST_FOUND)
    .map(({ one }) => one);
}

function scoreOf({ sort, title, name, text }: Entry, word: string): number {
  const weight = sort === "Field" ? 1 : 2;
  if (title.toLowerCase() === word) return 16 * weight;
  if (name.split(/[^a-z0-9_]+/).includes(word)) return 8 * weight;
  if (name.includes(word)) return 4 * weight;
  return text.includes(word) ? weight : 0;
}
