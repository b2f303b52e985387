import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatCheckpoint } from "../../../src/core/ledger/checkpoint.ts";
import { cosign } from "../../../src/core/ledger/cosignature.ts";
import { signerFromSeed } from "../../../src/core/ledger/ed25519.ts";
import { appendSignatures, NoteError, signNote } from "../../../src/core/ledger/note.ts";
import {
  COSIGNATURE_V1,
  ED25519,
  formatVerifierKey,
  makeVerifierKey,
  type SignatureType,
} from "../../../src/core/ledger/note-key.ts";
import {
  formatPolicy,
  openCosigned,
  parsePolicy,
  type Policy,
  PolicyError,
  quorumMet,
  quorumShortfall,
} from "../../../src/core/ledger/policy.ts";

const signer = (seed: number) => signerFromSeed(new Uint8Array(32).fill(seed));
const keyOf = (name: string, type: SignatureType, seed: number) =>
  makeVerifierKey(name, type, signer(seed).publicKey);
const logKey = (seed: number, name = "example.org/log") => formatVerifierKey(keyOf(name, ED25519, seed));
const witnessKey = (seed: number) => formatVerifierKey(keyOf(`w${seed}.example.org`, COSIGNATURE_V1, seed));
const witness = (name: string, seed: number) => `witness ${name} ${witnessKey(seed)}\n`;

const of32 = (line: (i: number) => string) => Array.from({ length: 32 }, (_, i) => line(i)).join("");
const textOf = (origin: string) => formatCheckpoint({ origin, size: 3, root: new Uint8Array(32).fill(9) });

const LOG = `log ${logKey(1)}\n`;
const NONE = "quorum none\n";
/** The example of the specification, with keys. */
const TWO_LEVELS = [
  LOG,
  ...[1, 2, 3].map((i) => witness(`X${i}`, 10 + i)),
  ...[1, 2, 3].map((i) => witness(`Y${i}`, 20 + i)),
  "group X-witnesses 2 X1 X2 X3\n",
  "group Y-witnesses any Y1 Y2 Y3\n",
  "group X-and-Y all X-witnesses Y-witnesses\n",
  "quorum X-and-Y\n",
].join("");

describe("a policy", () => {
  it.each([
    ["without witnesses", `${LOG}${NONE}`],
    ["without logs", `${witness("w", 5)}quorum w\n`],
    ["of nothing but a quorum", NONE],
    [
      "with URLs",
      `log ${logKey(1)} https://a.example/log\nwitness w ${witnessKey(5)} https://w.example/\n${NONE}`,
    ],
    ["of two levels", TWO_LEVELS],
    ["with a group of one", `${witness("w", 5)}group g all w\nquorum g\n`],
    [
      "with names that look like keywords",
      `${witness("all", 5)}${witness("#x", 6)}group log any all #x\nquorum log\n`,
    ],
    [
      "with names beyond ASCII",
      `${witness("见证", 5)}${witness("a\u00a0b", 6)}group 組 all 见证 a\u00a0b\nquorum 組\n`,
    ],
  ])("%s prints exactly as it was read", (_name, text) => {
    const policy = parsePolicy(text);
    expect(formatPolicy(policy)).toBe(text);
    expect(parsePolicy(formatPolicy(policy))).toEqual(policy);
  });

  it("may have comments, blank lines and spaces, and lack its last newline", () => {
    const untidy = `# who we trust\n\n \t\n  #more # of it\n\tlog \t ${logKey(1)}  \n${NONE.trim()}`;
    expect(formatPolicy(parsePolicy(untidy))).toBe(`${LOG}${NONE}`);
  });

  it("has one spelling of a threshold", () => {
    const members = [1, 2, 3].map((i) => witness(`w${i}`, i)).join("");
    const spelled = (threshold: string) =>
      /group.*/.exec(formatPolicy(parsePolicy(`${members}group g ${threshold} w1 w2 w3\nquorum g\n`)))?.[0];
    expect(["any", "1", "2", "3", "all"].map(spelled)).toEqual(
      ["any", "any", "2", "all", "all"].map((threshold) => `group g ${threshold} w1 w2 w3`),
    );
  });

  it("gives its logs, witnesses, groups and quorum", () => {
    const { logs, witnesses, groups, quorum } = parsePolicy(TWO_LEVELS);
    expect(logs).toEqual([{ key: keyOf("example.org/log", ED25519, 1) }]);
    expect(witnesses[4]).toEqual({ name: "Y2", key: keyOf("w22.example.org", COSIGNATURE_V1, 22) });
    expect(groups[0]).toEqual({ name: "X-witnesses", threshold: 2, members: ["X1", "X2", "X3"] });
    expect(quorum).toBe("X-and-Y");
  });

  it("reads 32 logs, witnesses and groups, as the specification recommends at least", () => {
    const text = [
      of32((i) => `log ${logKey(i + 1, `log${i}`)}\n`),
      of32((i) => witness(`w${i}`, i + 1)),
      of32((i) => `group g${i} all w${i}\n`),
      "quorum g31\n",
    ].join("");
    expect(formatPolicy(parsePolicy(text))).toBe(text);
  });
});

describe("a text that is no policy", () => {
  const two = witness("a", 5) + witness("b", 6);
  it.each([
    ["nothing", "", null, "no quorum"],
    ["no quorum", LOG, null, "quorum"],
    ["two quorums", `${LOG}${NONE}${NONE}`, 3, "one quorum"],
    ["an unknown keyword", `${LOG}\nlogs x\n${NONE}`, 3, "must start with"],
    ["a keyword in capitals", `LOG ${logKey(1)}\n${NONE}`, 1, "must start with"],
    ["a byte order mark", `\ufeff${LOG}${NONE}`, 1, "must start with"],
    ["a log without its key", `log\n${NONE}`, 1, "log <vkey>"],
    ["a comment behind a line", `log ${logKey(1)} https://a.example # ours\n${NONE}`, 1, "log <vkey>"],
    ["a damaged key", `log ${logKey(1).replace("+A", "+B")}\n${NONE}`, 1, ""],
    ["a log with a witness's key", `log ${witnessKey(5)}\n${NONE}`, 1, "type 1"],
    ["a witness with a log's key", `witness w ${logKey(5)}\n${NONE}`, 1, "type 4"],
    ["a witness without its key", `witness w\n${NONE}`, 1, "witness <name>"],
    ["a log twice", `${LOG}${LOG}${NONE}`, 2, "already"],
    ["a log twice by two names", `${LOG}log ${logKey(1, "other")}\n${NONE}`, 2, "already"],
    ["a witness's key twice", `${witness("a", 5)}${witness("b", 5)}${NONE}`, 2, "already"],
    ["a name twice", `${witness("a", 5)}${witness("a", 6)}${NONE}`, 2, "already"],
    ["a group by a witness's name", `${two}group a all b\n${NONE}`, 3, "already"],
    ["a witness named none", `${witness("none", 5)}${NONE}`, 1, "none"],
    ["a group named none", `${two}group none all a\n${NONE}`, 3, "none"],
    ["none in a group", `${two}group g all a none\n${NONE}`, 3, "of an earlier line"],
    ["a group of nobody", `group g all\n${NONE}`, 1, "group <name>"],
    ["a group of itself", `${two}group g all a g\n${NONE}`, 3, "of an earlier line"],
    ["a group before its members", `group g all a\n${two}quorum g\n`, 1, "of an earlier line"],
    ["a member twice", `${two}group g 2 a a\nquorum g\n`, 3, "already a member"],
    ["a member of two groups", `${two}group g all a\ngroup h all a b\nquorum h\n`, 4, "already a member"],
    ["a threshold of 0", `${two}group g 0 a b\nquorum g\n`, 3, "threshold"],
    ["a threshold above the members", `${two}group g 3 a b\nquorum g\n`, 3, "threshold"],
    ["a threshold with a zero before", `${two}group g 01 a b\nquorum g\n`, 3, "threshold"],
    ["a negative threshold", `${two}group g -1 a b\nquorum g\n`, 3, "threshold"],
    ["a threshold that is a word", `${two}group g most a b\nquorum g\n`, 3, "threshold"],
    ["a quorum of somebody unknown", `${two}quorum c\n`, 3, "of an earlier line"],
    ["a quorum before its witness", `quorum a\n${two}`, 1, "of an earlier line"],
    ["a quorum of two", `${two}quorum a b\n`, 3, "quorum <name>"],
    ["a quorum of nobody named", `${LOG}quorum\n`, 2, "quorum <name>"],
    ["carriage returns", `${LOG.trim()}\r\n${NONE}`, 1, "control characters"],
    ["a control character in a comment", `# \u0007\n${NONE}`, 1, "control characters"],
    ["a lone surrogate", `# \ud800\n${NONE}`, 1, "control characters"],
    ["a space that is no space", `log\u00a0${logKey(1)}\n${NONE}`, 1, "must start with"],
  ])("has %s", (_name, text, line, message) => {
    const read = (): unknown => parsePolicy(text);
    expect(read).toThrow(PolicyError);
    expect(read).toThrow(line === null ? "quorum" : `line ${line}: `);
    expect(read).toThrow(message === "no quorum" ? "one quorum line" : message);
  });

  it("is a number", () => {
    expect(() => parsePolicy(7 as unknown as string)).toThrow(TypeError);
  });

  it.each([
    ["a name with a space", (policy: Policy) => (policy.witnesses[0]!.name = "X1 more")],
    ["a name of two lines", (policy: Policy) => (policy.witnesses[0]!.name = "X1\nquorum")],
    ["an empty URL", (policy: Policy) => (policy.logs[0]!.url = "")],
    ["a URL of two", (policy: Policy) => (policy.logs[0]!.url = "https://a.example https://b.example")],
    ["a threshold of 1.5", (policy: Policy) => (policy.groups[0]!.threshold = 1.5)],
    ["a threshold above the members", (policy: Policy) => (policy.groups[0]!.threshold = 4)],
    ["a quorum of nobody", (policy: Policy) => (policy.quorum = "Z")],
    ["a quorum spelled none", (policy: Policy) => (policy.quorum = "none")],
    ["a group before its members", (policy: Policy) => (policy.groups = policy.groups.toReversed())],
  ])("is never printed: %s", (_name, change) => {
    const policy = parsePolicy(TWO_LEVELS);
    change(policy);
    expect(() => formatPolicy(policy)).toThrow(PolicyError);
  });
});

/** Whether a name is met, by the words of the specification; groups are looked through from the top. */
function metByDefinition(policy: Policy, name: string, cosigned: ReadonlySet<string>): boolean {
  const group = policy.groups.find((one) => one.name === name);
  if (group === undefined) return cosigned.has(name);
  const met = group.members.filter((member) => metByDefinition(policy, member, cosigned));
  return met.length >= group.threshold;
}

describe("a quorum", () => {
  it("is met as in the specification's example", () => {
    const policy = parsePolicy(TWO_LEVELS);
    const met = (...names: string[]) => quorumMet(policy, new Set(names));
    expect([met("X1", "X2", "Y3"), met("X1", "X2", "X3", "Y1", "Y2")]).toEqual([true, true]);
    expect([met(), met("X1", "X2", "X3"), met("X1", "Y1", "Y2", "Y3"), met("X1", "Z", "Y1")]).toEqual([
      false,
      false,
      false,
      false,
    ]);
    expect(met("X-witnesses", "Y1", "X-and-Y")).toBe(false);
    expect(quorumMet(parsePolicy(NONE), new Set())).toBe(true);
  });

  it("says what is missing, from the top", () => {
    const policy = parsePolicy(TWO_LEVELS);
    expect(quorumShortfall(policy, new Set(["X1", "Y2"]))).toEqual([
      "group X-and-Y needs 2 of X-witnesses, Y-witnesses, and has Y-witnesses",
      "group X-witnesses needs 2 of X1, X2, X3, and has X1",
      "witness X2 has not cosigned",
      "witness X3 has not cosigned",
    ]);
    expect(quorumShortfall(policy, new Set(["X1", "X2", "Y2"]))).toEqual([]);
    expect(quorumShortfall(parsePolicy(NONE), new Set())).toEqual([]);
  });

  it("with any nesting is met exactly as defined", () => {
    const names = ["a", "b", "c", "d", "e", "f"];
    const witnesses = names.map((name, i) => witness(name, i + 1)).join("");
    const random = fc.record({
      sizes: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 4 }),
      thresholds: fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 4, maxLength: 4 }),
      cosigned: fc.subarray(names),
    });
    fc.assert(
      fc.property(random, ({ sizes, thresholds, cosigned }) => {
        const free = [...names];
        const groups = sizes.map((size, i) => {
          const members = free.splice(0, size);
          free.push(`g${i}`);
          return `group g${i} ${1 + (thresholds[i]! % members.length)} ${members.join(" ")}\n`;
        });
        const quorum = `g${sizes.length - 1}`;
        const policy = parsePolicy(`${witnesses}${groups.join("")}quorum ${quorum}\n`);
        const set = new Set(cosigned);
        expect(quorumMet(policy, set)).toBe(metByDefinition(policy, quorum, set));
        expect(quorumShortfall(policy, set).length === 0).toBe(quorumMet(policy, set));
        expect(parsePolicy(formatPolicy(policy))).toEqual(policy);
      }),
    );
  });
});

describe("a checkpoint under a policy", () => {
  const policy = parsePolicy(
    `${LOG}log ${logKey(2, "example.org/other")}\n${witness("a", 5)}${witness("b", 6)}group both all a b\nquorum both\n`,
  );
  const text = textOf("example.org/log");
  const signed = signNote(text, [{ name: "example.org/log", signer: signer(1) }]);
  const cosignedBy = (seed: number, name = `w${seed}.example.org`, of = text) =>
    cosign(of, name, signer(seed), 1_700_000_000 + seed);

  it("gives who cosigned, when, and that the quorum is met", () => {
    const note = appendSignatures(signed, [cosignedBy(6), cosignedBy(7), cosignedBy(5)]);
    const opened = openCosigned(policy, note);
    expect(opened).toMatchObject({ text, log: policy.logs[0], satisfied: true, checkpoint: { size: 3 } });
    expect(opened.cosigned).toEqual([
      { name: "a", atSeconds: 1_700_000_005 },
      { name: "b", atSeconds: 1_700_000_006 },
    ]);
  });

  it("counts each known witness once, and no unknown one", () => {
    const twice = openCosigned(
      policy,
      appendSignatures(signed, [cosignedBy(5), cosignedBy(5), cosignedBy(7)]),
    );
    expect(twice.cosigned).toEqual([{ name: "a", atSeconds: 1_700_000_005 }]);
    expect(twice.satisfied).toBe(false);
    const named = openCosigned(
      policy,
      appendSignatures(signed, [cosignedBy(7, "a"), cosignedBy(7, "w5.example.org")]),
    );
    expect(named).toMatchObject({ cosigned: [], satisfied: false });
  });

  it("is refused if a witness's cosignature is of another text", () => {
    const wrong = appendSignatures(signed, [cosignedBy(5, "w5.example.org", textOf("example.org/else"))]);
    expect(() => openCosigned(policy, wrong)).toThrow(NoteError);
  });

  it("is refused if no log of the policy signed it", () => {
    const stranger = signNote(text, [{ name: "example.org/log", signer: signer(3) }]);
    expect(() => openCosigned(policy, stranger)).toThrow("no trusted key");
    expect(() => openCosigned(policy, appendSignatures(stranger, [cosignedBy(5)]))).toThrow(
      "no log of the policy",
    );
    expect(() => openCosigned(parsePolicy(NONE), signed)).toThrow(NoteError);
  });

  it("is refused if a log signed the checkpoint of another log", () => {
    const crossed = signNote(text, [{ name: "example.org/other", signer: signer(2) }]);
    expect(() => openCosigned(policy, crossed)).toThrow("origin must be example.org/other");
    const both = signNote(text, [
      { name: "example.org/other", signer: signer(2) },
      { name: "example.org/log", signer: signer(1) },
    ]);
    expect(openCosigned(policy, both).log.key.name).toBe("example.org/log");
  });

  it("of torchwood 0.9.0, over Tessera's golden log, opens", () => {
    const golden = parsePolicy(
      "log example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx\n" +
        "witness w1 witness.example.org/w1+6d7ef907+BIE5dw6ofRdfVqNUZsNMfszLjYqRtO43ol32D1uPybOU\n" +
        "quorum w1\n",
    );
    const note =
      "example.com/log/testdata\n15\nrKbDipCvhuX1GZ7g5BBe8sA6BbJ7ja/1nk427v383cs=\n\n" +
      "— example.com/log/testdata M9e0luh4jTG+UMBqOUo9/q+yAEvx1ilBEniMvjf1zfcBOhg+CKubMt53MvIt/uEWP6zdkdIQzd/fmwlM/dlPWF74ewI=\n" +
      "— witness.example.org/w1 bX75BwAAAABrBPa0mQyDKEmsBJmJzp6S2JspZqkYcvbHO8cE2nEyPgLLCMY2VzZJ0M+YXvw7pEaOEQA8H4Kc9pFbpkukwGs/p5j7Ag==\n";
    expect(openCosigned(golden, note)).toMatchObject({
      cosigned: [{ name: "w1", atSeconds: 0x6b04f6b4 }],
      satisfied: true,
      checkpoint: { size: 15 },
    });
    const unsigned = note.slice(0, note.lastIndexOf("—"));
    expect(openCosigned(golden, unsigned)).toMatchObject({ cosigned: [], satisfied: false });
  });
});
