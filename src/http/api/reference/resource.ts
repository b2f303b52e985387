import { type ApiDocument, type Place, placesOf } from "../documented.ts";

/** The operations of one tag: a page of the reference. */
export interface Resource {
  /** The page's name in its address. */
  slug: string;
  title: string;
  places: Place[];
}

/** The resources in the order of the document. */
export function resourcesOf(document: ApiDocument): Resource[] {
  const byTitle = new Map<string, Place[]>();
  for (const place of placesOf(document)) {
    const title = place.operation.tags?.[0] ?? "Other";
    byTitle.set(title, [...(byTitle.get(title) ?? []), place]);
  }
  return [...byTitle].map(([title, places]) => ({ slug: slugOf(title), title, places }));
}

function slugOf(title: string): string {
  return title.toLowerCase().replace(/[^a-z0-9]+/g, "-");
}

/** The id of an operation on its page: `post-products-id-decision`. */
export function anchorOf({ method, path }: Place): string {
  return `${method.toLowerCase()}${path.replace(/[{}]/g, "").replaceAll("/", "-")}`;
}

export function summaryOf({ method, path, operation }: Place): string {
  return operation.summary ?? `${method} ${path}`;
}
