import { expect, it } from "vitest";
import type { Store } from "../../../src/store/store.ts";
import { bytes, kept, type Subject } from "./subject.ts";

const facts = ({ service }: Store) => [service.meta("origin"), service.epochs(), service.pin(2 ** 46 + 1)];
const audit = (id: string, at: number, ok: boolean) => ({
  id,
  organisation: "aut_1",
  scope: "full",
  ok,
  result: "{}",
  at,
});

/** The part of the contract about the service's own data. */
export function serviceContract(t: Subject): void {
  it("stores facts about the store, epochs and attempts at PINs", async () => {
    expect(facts(t.store)).toEqual([undefined, [], undefined]);
    t.store.transact(() => {
      t.store.service.setMeta("origin", "old");
      t.store.service.setMeta("origin", "trace.example.org/log");
      t.store.service.addEpoch(1, "later", 20);
      t.store.service.addEpoch(0, "check", 10);
      t.store.service.setPin(2 ** 46 + 1, "[1]");
      t.store.service.setPin(2 ** 46 + 1, "[2]");
    });
    const epochs = [
      { number: 0, keyCheck: "check", begunAt: 10 },
      { number: 1, keyCheck: "later", begunAt: 20 },
    ];
    expect(await kept(t, facts)).toEqual(["trace.example.org/log", epochs, "[2]"]);
  });

  it("stores answers, and drops the oldest first", async () => {
    const answer = { owner: "key_1", requestDigest: "d", first: 3, count: 2, body: "{}" };
    t.store.transact(() =>
      [30, 10, 20].forEach((at) => t.store.service.addAnswer({ ...answer, key: `k${at}`, at })),
    );
    expect(await kept(t, ({ service }) => service.answer("key_1", "k10"))).toEqual({
      ...answer,
      key: "k10",
      at: 10,
    });
    expect(t.store.service.answer("key_2", "k10")).toBeUndefined();
    expect(t.store.transact(() => t.store.service.dropAnswers(30, 1))).toBe(1);
    const left = (): boolean[] =>
      [10, 20, 30].map((at) => t.store.service.answer("key_1", `k${at}`) !== undefined);
    expect(left()).toEqual([false, true, true]);
    expect(t.store.transact(() => t.store.service.dropAnswers(30, 9))).toBe(1);
    expect(left()).toEqual([false, false, true]);
  });

  it("stores files with their bytes, each digest once", async () => {
    const file = {
      digest: "sha",
      mediaType: "application/pdf",
      name: "report.pdf",
      organisation: "lab_1",
      sizeBytes: 32,
      bytes: bytes(4),
      at: 5,
    };
    t.store.transact(() => {
      t.store.service.addFile(file);
      t.store.service.addFile({ ...file, name: "again.pdf", at: 6 });
      t.store.service.addFile({ ...file, digest: "shb" });
    });
    const { digest, sizeBytes, bytes: content } = file;
    const expected = { digest, sizeBytes, bytes: content };
    expect(await kept(t, ({ service }) => service.file("sha"))).toEqual(expected);
    expect(t.store.service.file("other")).toBeUndefined();
    const after = (one: string): string | undefined => t.store.service.fileAfter(one)?.digest;
    expect(["", "sha", "shb"].map(after)).toEqual(["sha", "shb", undefined]);
    t.store.transact(() => t.store.service.addFile({ ...file, bytes: bytes(5) }));
    expect(t.store.service.file("sha")).toEqual({ ...expected, bytes: bytes(5) });
  });

  it("stores each organisation's own name of a file, and what its files add up to", async () => {
    const upload = { digest: "sha", organisation: "lab_1", mediaType: "text/plain", name: "a.txt", at: 5 };
    const other = { ...upload, organisation: "ent_1", name: "b.txt" };
    t.store.transact(() => {
      for (const row of [upload, other, { ...upload, name: "c.txt", at: 9 }])
        t.store.service.putFileUpload(row);
      t.store.service.setFileUsage("lab_1", 5);
      t.store.service.setFileUsage("lab_1", 7);
    });
    const uploads = await kept(t, ({ service }) => service.fileUploads("sha"));
    expect(uploads).toEqual([other, { ...upload, name: "c.txt" }]);
    expect(["lab_1", "ent_1"].map((one) => t.store.service.fileUsage(one))).toEqual([7, 0]);
  });

  it("stores audits, and pages them newest first", async () => {
    const rows = [audit("a", 1, true), audit("b", 2, false), audit("c", 2, true)];
    t.store.transact(() => rows.forEach((row) => t.store.service.addAudit(row)));
    expect(await kept(t, ({ service }) => service.audit("b"))).toEqual(rows[1]);
    const ids = (at: number, id: string, limit: number): string[] =>
      t.store.service.audits({ at, id }, limit).map((row) => row.id);
    expect(ids(9, "", 2)).toEqual(["c", "b"]);
    expect(ids(2, "b", 2)).toEqual(["a"]);
    expect(t.store.service.audit("d")).toBeUndefined();
  });
}
