import type { CustodyStatement } from "../../core/custody/statement.ts";
import { ruleOf } from "../../core/custody/vocabulary.ts";
import type { MoveName, PartName } from "../../store/derived/packed-chain.ts";

/** The move that a statement makes with a thing in that part; undefined for none. */
export function moveOf(read: CustodyStatement, part: PartName): MoveName | undefined {
  if (part === "parent") return read.empties ? "emptied" : undefined;
  return part === "subject" && ruleOf(read.kind).moves === "in" && read.parent !== undefined
    ? "entered"
    : undefined;
}
