/** Longest name that is compared: longer ones are no typing errors. */
const MAX_LENGTH = 40;

/**
 * The name that somebody probably meant, or undefined where none is near.
 * @param typed the unknown name
 * @param names the known ones
 */
export function nearestName(typed: string, names: readonly string[]): string | undefined {
  if (typed.length > MAX_LENGTH) return undefined;
  const most = Math.max(1, Math.floor(typed.length / 4));
  let nearest: string | undefined;
  let least = most + 1;
  for (const name of names) {
    if (name.length > MAX_LENGTH) continue;
    const distance = editDistance(plain(typed), plain(name));
    if (distance < least) [nearest, least] = [name, distance];
  }
  return nearest;
}

/** Letter case, dashes and underscores are the commonest errors: `first_code` is `firstCode`. */
function plain(name: string): string {
  return name.toLowerCase().replace(/[-_]/g, "");
}

/** Levenshtein distance: letters added, left out or changed; a swap of neighbours counts as one (Damerau). */
function editDistance(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) row.push(cost(rows, row, a, b, i, j));
    rows.push(row);
  }
  return (rows.at(-1) as number[]).at(-1) as number;
}

function cost(rows: number[][], row: number[], a: string, b: string, i: number, j: number): number {
  const above = rows[i - 1] as number[];
  const same = a[i - 1] === b[j - 1];
  const simple = Math.min(
    (above[j] as number) + 1,
    (row[j - 1] as number) + 1,
    (above[j - 1] as number) + (same ? 0 : 1),
  );
  const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
  return swapped ? Math.min(simple, ((rows[i - 2] as number[])[j - 2] as number) + 1) : simple;
}
