import Sqlite from "better-sqlite3";

/**
 * Reference (d): raw better-sqlite3 that inserts the same bytes in groups of the same size, each group durable before the
 * next (WAL, synchronous=FULL), into a table with nothing but a number and the bytes.
 * @returns rows a second
 */
export function insertGroups(file: string, groups: readonly (readonly Uint8Array[])[]): number {
  const sqlite = new Sqlite(file);
  sqlite.pragma("journal_mode = WAL");
  sqlite.pragma("synchronous = FULL");
  sqlite.exec("CREATE TABLE IF NOT EXISTS record (n INTEGER PRIMARY KEY, bytes BLOB NOT NULL)");
  const insert = sqlite.prepare("INSERT INTO record (bytes) VALUES (?)");
  const write = sqlite.transaction((group: readonly Uint8Array[]) => {
    for (const bytes of group) insert.run(bytes);
  });
  const startedAt = performance.now();
  for (const group of groups) write(group);
  const seconds = (performance.now() - startedAt) / 1000;
  sqlite.close();
  return groups.reduce((rows, group) => rows + group.length, 0) / seconds;
}
