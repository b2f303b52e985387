import type { Answers } from "./answers.ts";
import type { Binding } from "./binding.ts";
import type { Custody } from "./derived/custody.ts";
import type { LedgerStatements } from "./log.ts";
import type { ServiceStatements } from "./service.ts";

/** The writing of what custody derives, behind the records. */
export interface Behind {
  /**
   * Writes a part of what custody has not written yet, in a transaction of its own, outside any other. Once everything is
   * written that was unwritten at the first call, notes up to which record custody's tables stand.
   * @param size the number of records that custody applied, if not all
   * @returns whether that is done; the next call begins again
   */
  writeBehind(hasTime: () => boolean, size?: number): boolean;
  /** The number of records that custody's tables stand for; later ones may show in some of them. */
  derivedThrough(): number;
  /** Drops custody's memory: apply the records after `derivedThrough` again. */
  dropDerived(): void;
}

/** Facts of the store: `derivedThrough`, and the number of the last answer that its look-up has. */
const THROUGH = "derivedThrough";
const ANSWERS_THROUGH = "answersThrough";

/** What is written, and beside what. */
interface Parts {
  ledger: LedgerStatements;
  custody: Custody;
  service: ServiceStatements;
  answers: Answers;
}

export function behindOn(binding: Binding, { ledger, custody, service, answers }: Parts): Behind {
  /** The records and answers that the running writing covers. */
  let through: { records: number; answers: number } | undefined;
  const indexAnswers = (): void => answers.indexFrom(Number(service.meta(ANSWERS_THROUGH) ?? 0));
  indexAnswers();
  return {
    writeBehind(hasTime, size = ledger.size()) {
      if (through === undefined) {
        through = { records: size, answers: answers.last };
        custody.beginWriting();
      }
      let done = false;
      try {
        binding.transactBehind(() => {
          done = custody.writeSome(hasTime);
          if (!done || through === undefined) return;
          service.setMeta(THROUGH, String(through.records));
          service.setMeta(ANSWERS_THROUGH, String(through.answers));
        });
      } catch (error) {
        through = undefined;
        throw error;
      }
      custody.written();
      if (done) through = undefined;
      return done;
    },
    derivedThrough: () => Number(service.meta(THROUGH) ?? 0),
    dropDerived() {
      through = undefined;
      custody.drop();
      indexAnswers();
    },
  };
}
