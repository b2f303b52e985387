import { roleIn } from "../../core/custody/fact.ts";
import { isRefusal } from "../../core/custody/rules/refusal.ts";
import {
  type Standing,
  standingAfter,
  standingAsOf,
  standingFactOf,
  standingOfBase,
} from "../../core/custody/rules/standing.ts";
import { namedChain } from "../../core/ledger/chain.ts";
import { decodeRecord } from "../../core/ledger/record.ts";
import type { Store } from "../../store/store.ts";

/** The standings of one organisation, each from its record on. */
interface History {
  base: Standing | undefined;
  changes: { index: number; standing: Standing }[];
}

/** Reads the standing of organisations at an index of the log from their standing chains. */
export class Standings {
  private readonly store: Store;
  private readonly histories = new Map<string, History>();
  private readonly bases = new Map<string, number>();

  constructor(store: Store) {
    this.store = store;
  }

  /** @returns undefined where no record below `index` registered it */
  at(organisation: string, index: number): Standing | undefined {
    const { base, changes } = this.history(organisation);
    const last = changes.findLast((change) => change.index < index);
    if (last !== undefined) return last.standing;
    return base && standingAsOf(base, index);
  }

  /** The index of an organisation's `standing` record; -1 without one. */
  boundFrom(organisation: string): number {
    const known = this.bases.get(organisation);
    if (known !== undefined) return known;
    const found = this.readBase(organisation);
    this.bases.set(organisation, found);
    return found;
  }

  private readBase(organisation: string): number {
    const { custody } = this.store;
    const chain = custody.chainNamed(namedChain("standing", organisation));
    const first = chain === undefined ? undefined : custody.chains.link(chain, 0);
    if (first === undefined) return -1;
    return custody.recorded.event(first.index)?.kind === "standing" ? first.index : -1;
  }

  private history(organisation: string): History {
    const known = this.histories.get(organisation);
    if (known !== undefined) return known;
    const history = this.read(organisation);
    this.histories.set(organisation, history);
    return history;
  }

  private read(organisation: string): History {
    const { ledger, custody } = this.store;
    const chain = custody.chainNamed(namedChain("standing", organisation));
    const history: History = { base: undefined, changes: [] };
    let standing: Standing | undefined;
    for (const { index } of chain === undefined ? [] : custody.chains.links(chain)) {
      const row = ledger.record(index);
      const fact = row && standingFactOf(index, decodeRecord(row.bytes).statement);
      if (fact?.organisation !== organisation) continue;
      if (fact.kind === "standing" && standing === undefined) history.base = standingOfBase(fact);
      const after = standingAfter(standing, fact, roleIn(fact.actor) ?? "enterprise");
      if (isRefusal(after)) continue;
      standing = after;
      history.changes.push({ index, standing });
    }
    return history;
  }
}
