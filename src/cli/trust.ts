import { parseVerifierKey, type VerifierKey } from "../core/ledger/note-key.ts";
import { parsePolicy, type Policy, policyOfKeys } from "../core/ledger/policy.ts";
import { type Invocation, type Option, UsageError } from "./command.ts";
import { readInputText } from "./input-file.ts";

/** Options that name the log and the witnesses to trust. */
export const TRUST_OPTIONS: Readonly<Record<string, Option>> = {
  key: {
    type: "string",
    value: "VKEY",
    help: "the log's public key, or @FILE with one key a line (two during a change of the key)",
  },
  policy: {
    type: "string",
    value: "FILE",
    help: "a trust policy (C2SP tlog-policy): logs, witnesses, and the quorum of cosignatures",
  },
};

/**
 * The trusted log and witnesses: from `--key`, from `--policy`, or from both where the policy names no log.
 * @throws UsageError
 */
export function trustOf(call: Invocation): Policy {
  const keys = call.option("key");
  const file = call.option("policy");
  if (file === undefined) {
    if (keys === undefined)
      throw new UsageError("--key is missing: give the log's public key, or a --policy");
    return policyOfKeys(verifierKeys(keys));
  }
  const policy = readPolicy(file);
  if (policy.logs.length === 0 && keys !== undefined)
    return { ...policy, logs: policyOfKeys(verifierKeys(keys)).logs };
  if (policy.logs.length === 0) throw new UsageError("--policy names no log: give the log's --key too");
  if (keys !== undefined) throw new UsageError("--policy names its logs already: leave out --key");
  return policy;
}

/** One verifier key. @throws UsageError */
export function verifierKey(text: string): VerifierKey {
  const [key, ...more] = verifierKeys(text);
  if (more.length > 0) throw new UsageError("one key is needed here, not several");
  return key!;
}

/** One key, or `@FILE` with the keys of one log, one a line. */
function verifierKeys(text: string): VerifierKey[] {
  const lines = (text.startsWith("@") ? readInputText(text.slice(1)) : text).trim().split("\n");
  try {
    const keys = lines.map((line) => parseVerifierKey(line.trim()));
    const other = keys.find(({ name }) => name !== keys[0]!.name);
    if (other !== undefined) throw new RangeError(`${keys[0]!.name} and ${other.name} are different logs`);
    return keys;
  } catch (error) {
    throw new UsageError(`--key has no verifier key: ${(error as Error).message}`, { cause: error });
  }
}

function readPolicy(file: string): Policy {
  const text = readInputText(file);
  try {
    return parsePolicy(text);
  } catch (error) {
    throw new UsageError(`--policy has no trust policy: ${(error as Error).message}`, { cause: error });
  }
}
