import { utf8ToBytes } from "@noble/hashes/utils.js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { verifyBundle } from "../src/core/custody/verification.ts";
import { parseBundle } from "../src/core/ledger/bundle.ts";
import { parseVerifierKey } from "../src/core/ledger/note-key.ts";
import { type ApiClient, apiClient, type Called, type Served } from "./api-client.ts";
import {
  type Actor,
  approve,
  authority,
  enterprise,
  expectStatus,
  IMPORTER,
  issued,
  orderOf,
  product,
} from "./http/actors.ts";

const CODES = 48;
const CARTON = "sscc:395200010000000011";

type Event = Record<string, unknown>;

/**
 * The main journey of goods through the service, by HTTP alone and with web globals alone: any runtime that serves the
 * API can run it. Its tests follow each other, so the first that fails explains the rest.
 *
 * @param name the runtime, for the tests' names
 * @param start starts a fresh service
 */
export function mainJourney(name: string, start: () => Promise<Served>): void {
  describe(`the main journey on ${name}`, () => {
    let served: Served;
    let api: ApiClient;
    let officer: Actor;
    let maker: Actor;
    let importer: Actor;
    let goods: string;
    let batch: string;
    let codes: string[];
    let orderedMs: number;
    /** Seconds after the order, in time for a clock that stands still. */
    const at = (second: number): string => new Date(orderedMs + second * 1000).toISOString();
    let packed: Called["json"];

    beforeAll(async () => {
      served = await start();
      api = apiClient(served);
    });
    afterAll(() => served.dispose());

    const report = (by: Actor, key: string, events: Event[]): Promise<Called> =>
      api.call("POST", "/v1/events", { key: by.key, body: { events }, headers: { "Idempotency-Key": key } });
    const logSize = async (): Promise<number> => expectStatus(await api.call("GET", "/v1/log"), 200).size;
    const verdictOf = async (code: string): Promise<string> =>
      expectStatus(await api.call("GET", `/v1/scan/${code}`), 200).verdict;

    it("files enterprises and goods, which the authority approves", async () => {
      officer = await authority(api);
      maker = await enterprise(api, officer);
      importer = await enterprise(api, officer, IMPORTER);
      goods = await product(api, maker, officer);
      const shown = expectStatus(await api.call("GET", `/v1/products/${goods}`, { key: maker.key }), 200);
      expect(shown.status).toBe("approved");
    });

    it("issues the codes of an approved order", async () => {
      const body = orderOf(goods, { quantity: CODES, lot: "JOURNEY" });
      ({ id: batch } = expectStatus(await api.call("POST", "/v1/batches", { key: maker.key, body }), 201));
      await approve(api, officer, `/v1/batches/${batch}`);
      await issued(api, maker, batch);
      const { text } = await api.call("GET", `/v1/batches/${batch}/codes?format=text`, { key: maker.key });
      codes = text.trim().split("\n");
      expect(new Set(codes).size).toBe(CODES);
      const view = expectStatus(await api.call("GET", `/v1/batches/${batch}`, { key: maker.key }), 200);
      orderedMs = Date.parse(view.requestedAt);
      expect(await verdictOf(codes[0]!)).toBe("not_activated");
    });

    it("records a shipment, and answers its repetition alike", async () => {
      const events = [
        { kind: "commissioning", at: at(1), subjects: [{ batch }] },
        {
          kind: "packing",
          at: at(2),
          subjects: [{ batch, first: 0, last: 23 }],
          into: CARTON,
        },
        {
          kind: "shipping",
          at: at(3),
          subjects: [{ unit: CARTON }],
          to: importer.id,
          documents: [{ type: "bol", number: "BL-4711" }],
        },
      ];
      packed = expectStatus(await report(maker, "shipment", events), 201);
      expect(packed.events).toHaveLength(3);
      const size = await logSize();
      expect(expectStatus(await report(maker, "shipment", events), 201)).toEqual(packed);
      expect(await logSize()).toBe(size);
    });

    it("refuses a sale by the importer before it accepted the goods, and records nothing", async () => {
      const size = await logSize();
      const sale = { kind: "selling", at: at(4), subjects: [{ unit: CARTON }] };
      const problem = expectStatus(await report(importer, "too early", [sale]), 422);
      expect(problem.type).toBe("/problems/custody_contradiction");
      expect(problem.contradictions[0].rule).toBe("not_holder");
      expect(await logSize()).toBe(size);
    });

    it("hands the goods over to the importer, who sells one item", async () => {
      const events = [
        { kind: "accepting", at: at(4), subjects: [{ unit: CARTON }] },
        { kind: "unpacking", at: at(5), subjects: [], from: CARTON },
        { kind: "selling", at: at(6), subjects: [{ batch, first: 3, last: 3 }] },
      ];
      expect(expectStatus(await report(importer, "arrival", events), 201).events).toHaveLength(3);
    });

    it("answers a scan: genuine, forged, mistyped", async () => {
      expect(await verdictOf(codes[3]!)).toBe("genuine");
      expect(await verdictOf("45VFV6GS11R19J3B")).toBe("unknown");
      expect(await verdictOf("45VFV6GS11R19J3C")).toBe("mistyped");
      const page = await api.call("GET", `/T/${codes[3]}`, { headers: { Accept: "text/html" } });
      expect(page.status).toBe(200);
      expect(page.text).toContain("Moisturising cream");
    });

    it("traces the journey of one item", async () => {
      const trace = expectStatus(await api.call("GET", `/v1/trace/${codes[3]}`, { key: importer.key }), 200);
      expect(trace.steps.map(({ kind }: { kind: string }) => kind)).toEqual([
        "commissioning",
        "packing",
        "shipping",
        "accepting",
        "unpacking",
        "selling",
      ]);
      expect(trace).toMatchObject({ status: "sold", findings: [] });
    });

    it("gives a bundle that proves the journey offline", async () => {
      const { vkey } = expectStatus(await api.call("GET", "/v1/log"), 200);
      const { text } = await api.call("GET", `/v1/trace/${codes[3]}/bundle`, { key: maker.key });
      const verified = verifyBundle(parseBundle(utf8ToBytes(text)), parseVerifierKey(vkey));
      expect(verified.batch).toMatchObject({ id: batch, position: 3, count: CODES });
      expect(verified.journey.steps.map(({ fact }) => fact.index).slice(0, 3)).toEqual(
        packed.events.map(({ index }: { index: number }) => index),
      );
      expect(verified.state).toMatchObject({ status: "sold", holder: importer.id });
      const changed = text.replace(at(2), at(3));
      expect(() => verifyBundle(parseBundle(utf8ToBytes(changed)), parseVerifierKey(vkey))).toThrow();
    });

    it("recalls goods, which the next scan shows", async () => {
      const body = {
        scope: { subjects: [{ batch, first: 0, last: 9 }] },
        reason: "metal found",
        level: 1,
      };
      const draft = expectStatus(await api.call("POST", "/v1/recalls", { key: maker.key, body }), 201);
      expect(draft.reach.codes).toBe(10);
      expect(await verdictOf(codes[4]!)).toBe("genuine");
      const path = `/v1/recalls/${draft.id}/confirm`;
      expectStatus(await api.call("POST", path, { key: maker.key, body: { codes: 10 } }), 200);
      expect(await verdictOf(codes[4]!)).toBe("recalled");
      expect(await verdictOf(codes[10]!)).toBe("genuine");
    });

    it("passes the officer's audit of the whole ledger", async () => {
      const size = await logSize();
      const body = { scope: { ledger: true } };
      const audit = expectStatus(await api.call("POST", "/v1/audits", { key: officer.key, body }), 201);
      expect(audit).toMatchObject({ ok: true, breaks: [] });
      expect(audit.records).toBe(size);
    });
  });
}
