import { html } from "hono/html";
import type { Html } from "../../pages/parts/layout.ts";
import { problemKinds } from "../../problem.ts";
import type { ApiDocument, Place } from "../documented.ts";
import { ALL_KINDS } from "../examples/kinds.ts";
import { SUBJECT_FORMS } from "../examples/subjects.ts";
import { indexPage } from "./index-page.ts";
import { kindsSection } from "./kinds-section.ts";
import { layout } from "./layout.ts";
import { operationSection } from "./operation-section.ts";
import { problemsPage } from "./problems-page.ts";
import { anchorOf, type Resource, resourcesOf, summaryOf } from "./resource.ts";
import { type Entry, entriesOf, find, MAX_QUERY } from "./search.ts";
import { searchPage } from "./search-page.ts";
import { subjectsSection } from "./subjects-section.ts";

/** Examples that the custody page shows with the kinds and the forms of subjects. */
const SHOWN_BY_KIND = new Set([
  ...ALL_KINDS.map(({ kind }) => kind),
  ...SUBJECT_FORMS.map(({ name }) => name),
]);

/**
 * The pages of the reference, worked out from the OpenAPI document and the examples: complete in themselves, without
 * script. Each is made when it is first asked for, and kept.
 */
export class ReferencePages {
  private readonly document: ApiDocument;
  private readonly resources: Resource[];
  private readonly made = new Map<string, string>();
  private entries: Entry[] | undefined;

  constructor(document: ApiDocument) {
    this.document = document;
    this.resources = resourcesOf(document);
  }

  /** The page of a slug, "" for the first; undefined where there is none. */
  async page(slug: string): Promise<string | undefined> {
    const known = this.made.get(slug);
    if (known !== undefined) return known;
    const page = this.make(slug);
    if (page === undefined) return undefined;
    const text = (await layout(this.resources, { slug, ...page })).toString();
    this.made.set(slug, text);
    return text;
  }

  /** What a search finds; not kept. */
  async search(query: string): Promise<string> {
    const words = query.slice(0, MAX_QUERY);
    this.entries ??= entriesOf(this.document, this.resources, problemKinds());
    const body = searchPage(words, find(this.entries, words));
    const page = { title: `Search: ${words}`, query: words, body };
    return (await layout(this.resources, page)).toString();
  }

  private make(slug: string): { title: string; body: Html } | undefined {
    if (slug === "")
      return { title: "Start", body: indexPage(this.document, this.resources, problemKinds()) };
    if (slug === "problems")
      return { title: "Problems", body: problemsPage(this.document, this.resources, problemKinds()) };
    const resource = this.resources.find((one) => one.slug === slug);
    return resource && { title: resource.title, body: this.resourcePage(resource) };
  }

  private resourcePage({ title, places }: Resource): Html {
    const record = places.find(({ operation }) => operation.operationId === "recordEvents");
    return html`<h1>${title}</h1>
      <ul class="card fields">
        ${places.map((place) => contentsLine(place))}
        ${
          record === undefined
            ? ""
            : html`<li><a href="#subjects">How to name the goods: subjects</a></li>
                <li><a href="#kinds">Kinds of events</a></li>`
        }
      </ul>
      ${places.map((place) => operationSection(this.document, place, SHOWN_BY_KIND))}
      ${record === undefined ? "" : [subjectsSection(record), kindsSection(record)]}`;
  }
}

function contentsLine(place: Place): Html {
  return html`<li>
    <a href="#${anchorOf(place)}">${summaryOf(place)}</a> <small>${place.method} /v1${place.path}</small>
  </li>`;
}
