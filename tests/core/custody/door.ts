import { encodeSignature, signedMessage } from "../../../src/core/ledger/record.ts";
import { type Called, calledOf, requestOf } from "../../api-client.ts";
import { sscc } from "../../world.ts";
import { callerOf, ForgedLog, keyNamed, type Step } from "./forged-log.ts";

/** One act, which `Door` turns into a request, and into a record past the door. */
export interface Act {
  do: keyof typeof ACTS;
  by: string;
  /** The organisation that it is about. */
  about: string;
  /** Kind of an event, a decision, a key. */
  what: string;
  code: number;
  /** Which of the events or recalls so far, counted from the newest. */
  which: number;
  /** 0 and 1 for an event of long ago and of long after. */
  late: number;
}

/** What the door answered, and the record that an operator would write in its place. */
export interface Asked {
  answer: Called;
  forged: Step;
}

interface Reported {
  by: string;
  id: string;
  code: number;
}

/** The HTTP door of a log, with an API key of each organisation. */
export class Door {
  readonly log: ForgedLog;
  readonly events: Reported[] = [];
  readonly recalls: { id: string; code: number }[] = [];
  private readonly keys = new Map<string, string>();

  private constructor(log: ForgedLog) {
    this.log = log;
  }

  static async open(): Promise<Door> {
    const log = await ForgedLog.open();
    await log.take([{ file: "C" }]);
    const door = new Door(log);
    for (const name of ["A", "B", "C", "G", "L"]) {
      const { role, organisation } = callerOf(name);
      door.keys.set(name, await log.h.keyFor(role as "enterprise", organisation));
    }
    return door;
  }

  /** @returns undefined for an act about an event or recall that there is none of yet */
  async ask(act: Act): Promise<Asked | undefined> {
    return ACTS[act.do](this, act);
  }

  /** The organisations of this world are rows without a whole filing, so answers are not held against their schema. */
  async send(by: string, method: string, path: string, body?: object): Promise<Called> {
    const request = requestOf(method, `/v1${path}`, { key: this.keys.get(by) as string, body });
    return calledOf(await this.log.h.app.request(request));
  }

  /** Reports one event, and remembers it where it was taken. */
  async report(by: string, code: number, event: object): Promise<Called> {
    const answer = await this.send(by, "POST", "/events", { events: [event] });
    if (answer.status === 201) this.events.push({ by, code, id: answer.json.events[0].id });
    return answer;
  }

  position(code: number): object[] {
    return [{ batch: this.log.batch.id, first: code, last: code }];
  }
}

const post = async (
  door: Door,
  { by }: Act,
  path: string,
  body: object | undefined,
  forged: Step,
): Promise<Asked> => ({
  answer: await door.send(by, "POST", path, body),
  forged: { by, ...forged },
});
const past = { approve: "approved", decline: "declined" } as const;
const idOf = (name: string): string => callerOf(name).organisation;
const OTHER_TIMES = ["1999-01-01T00:00:00Z", "2099-01-01T00:00:00Z"];

const ACTS = {
  async event(door: Door, { by, what: kind, code, about, late }: Act): Promise<Asked> {
    const at = OTHER_TIMES[late];
    const to = kind === "shipping" || kind === "delegating" ? about : undefined;
    const around = kind === "packing" ? "into" : kind === "unpacking" ? "from" : undefined;
    const answer = await door.report(by, code, {
      kind,
      at: at ?? door.log.time(),
      subjects: door.position(code),
      ...(to === undefined ? {} : { to: idOf(to) }),
      ...(around === undefined ? {} : { [around]: sscc(1) }),
    });
    const forged: Step = { by, kind, codes: [code] };
    if (at !== undefined) forged.at = at;
    if (to !== undefined) forged.to = to;
    if (around !== undefined) forged.into = "U1";
    return { answer, forged };
  },

  async correction(door: Door, { by, which }: Act): Promise<Asked | undefined> {
    const target = door.events.at(-1 - which);
    if (target === undefined) return undefined;
    const { id, code } = target;
    const corrects = { organisation: idOf(target.by), id };
    const about = { kind: "correcting", subjects: [], corrects, reason: "incorrect_data" };
    const answer = await door.report(by, code, { ...about, at: door.log.time() });
    return {
      answer,
      forged: { by, kind: "correcting", codes: [code], corrects: { by: idOf(target.by), id } },
    };
  },

  async recall(door: Door, { by, code }: Act): Promise<Asked> {
    const scope = { subjects: door.position(code) };
    const forged: Step = { by, kind: "recalling", codes: [code], recall: "rec_forged" };
    const draft = await door.send(by, "POST", "/recalls", { scope, level: 2, reason: "unsafe" });
    if (draft.status !== 201) return { answer: draft, forged };
    const { id } = draft.json;
    const answer = await door.send(by, "POST", `/recalls/${id}/confirm`, { codes: 1 });
    if (answer.status === 200) door.recalls.push({ id, code });
    return { answer, forged };
  },

  async confirmation(door: Door, act: Act): Promise<Asked | undefined> {
    const recall = door.recalls.at(-1 - act.which);
    if (recall === undefined) return undefined;
    const forged = { kind: "recalling", codes: [recall.code], recall: recall.id };
    return post(door, act, `/recalls/${recall.id}/confirm`, { codes: 1 }, forged);
  },

  async lifting(door: Door, act: Act): Promise<Asked> {
    const { id, code } = door.recalls.at(-1 - act.which) ?? { id: "rec_none", code: act.code };
    const forged = { kind: "lifting", codes: [code], recall: id };
    return post(door, act, `/recalls/${id}/lift`, { reason: "mended" }, forged);
  },

  async standing(door: Door, act: Act): Promise<Asked> {
    const body = { decision: act.what, reason: "unpaid" };
    const path = `/organisations/${idOf(act.about)}/standing`;
    return post(door, act, path, body, { [act.what as "suspend"]: act.about });
  },

  async decision(door: Door, act: Act): Promise<Asked> {
    const decision = act.what as "approve";
    const body = { decision, ...(act.what === "decline" ? { reason: "unpaid" } : {}) };
    const about = act.code === 0 ? "C" : act.about;
    const forged = { decide: about, decision: past[decision] };
    return post(door, act, `/enterprises/${idOf(about)}/decision`, body, forged);
  },

  async batchDecision(door: Door, act: Act): Promise<Asked> {
    const decision = act.what as "approve";
    const body = { decision, ...(act.what === "decline" ? { reason: "unpaid" } : {}) };
    const forged = { decideBatch: past[decision] };
    return post(door, act, `/batches/${door.log.batch.id}/decision`, body, forged);
  },

  closing: (door: Door, act: Act): Promise<Asked> =>
    post(door, act, `/batches/${door.log.batch.id}/close`, undefined, { close: true }),

  apiKey: (door: Door, act: Act): Promise<Asked> =>
    post(door, act, "/keys", { label: "another", organisation: idOf(act.about) }, { keyOf: act.about }),

  async terms(door: Door, { by, about }: Act): Promise<Asked> {
    const body = { quota: null, autoApprove: true };
    return {
      answer: await door.send(by, "PUT", `/enterprises/${idOf(about)}/terms`, body),
      forged: { by, grant: about },
    };
  },

  erasure(door: Door, act: Act): Promise<Asked> {
    const record = act.which;
    const body = { names: ["nothing"], reason: "private" };
    return post(door, act, `/records/${record}/erasures`, body, { erase: record });
  },

  async signingKey(door: Door, { by, about, what }: Act): Promise<Asked> {
    const of = what === "own" ? by : about;
    const path = `/organisations/${idOf(of)}/signing-key`;
    const key = `K${1 + (by.charCodeAt(0) % 2)}`;
    const body = { publicKey: keyNamed(key).text };
    return {
      answer: await door.send(
        by,
        what === "none" ? "DELETE" : "PUT",
        path,
        what === "none" ? undefined : body,
      ),
      forged: { by, of, register: what === "none" ? null : key },
    };
  },

  async signature(door: Door, { by, what: key, code }: Act): Promise<Asked> {
    const forged: Step = { by, kind: "storing", codes: [code], sign: key };
    const input = { kind: "storing", at: door.log.time(), subjects: door.position(code) };
    const prepared = await door.send(by, "POST", "/events/prepare", { events: [input] });
    if (prepared.status !== 200) return { answer: prepared, forged };
    const { statement, disclosures } = prepared.json.events[0];
    const { signer } = keyNamed(key);
    const value = signer.sign(signedMessage(door.log.h.service.identity.origin, statement));
    const signature = encodeSignature(signer.publicKey, value);
    return { answer: await door.report(by, code, { statement, disclosures, signature }), forged };
  },
};
