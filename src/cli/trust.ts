import { parseVerifierKey, type VerifierKey } from "../core/ledger/note-key.ts";
import { parsePolicy, type Policy, policyOfKeys } from "../core/ledger/policy.ts";
import { type Invocation, type Option, UsageError } from "./command.ts";
import { readInputText } from "./input-file.ts";

/** The options of a command that believes a log's checkpoints. */
export const TRUST_OPTIONS: Readonly<Record<string, Option>> = {
  key: {
    type: "string",
    value: "VKEY",
    help: "the log's public key, or @FILE; a log that changes its key has several, one a line",
  },
  policy: {
    type: "string",
    value: "FILE",
    help: "a C2SP tlog-policy: logs, witnesses, and who must have cosigned",
  },
};

/**
 * Whose checkpoints are believed: `--key`, or `--policy`, or both where the policy names no log.
 * @throws UsageError
 */
export function trustOf(call: Invocation): Policy {
  const keys = call.option("key");
  const file = call.option("policy");
  if (file === undefined) {
    if (keys === undefined) throw new UsageError("--key is missing, or --policy");
    return policyOfKeys(verifierKeys(keys));
  }
  const policy = readPolicy(file);
  if (policy.logs.length === 0 && keys !== undefined)
    return { ...policy, logs: policyOfKeys(verifierKeys(keys)).logs };
  if (policy.logs.length === 0) throw new UsageError("--policy names no log: give its --key too");
  if (keys !== undefined)
    throw new UsageError("--policy names its logs, and --key another: give one of them");
  return policy;
}

/** @throws UsageError where it is no one key */
export function verifierKey(text: string): VerifierKey {
  const [key, ...more] = verifierKeys(text);
  if (more.length > 0) throw new UsageError("--key must be one key here");
  return key!;
}

/** One key, or `@FILE` with one or more keys of one log, one a line. */
function verifierKeys(text: string): VerifierKey[] {
  const lines = (text.startsWith("@") ? readInputText(text.slice(1)) : text).trim().split("\n");
  try {
    const keys = lines.map((line) => parseVerifierKey(line.trim()));
    const other = keys.find(({ name }) => name !== keys[0]!.name);
    if (other !== undefined) throw new RangeError(`${keys[0]!.name} and ${other.name} are two logs`);
    return keys;
  } catch (error) {
    throw new UsageError(`--key is no verifier key: ${(error as Error).message}`, { cause: error });
  }
}

function readPolicy(file: string): Policy {
  const text = readInputText(file);
  try {
    return parsePolicy(text);
  } catch (error) {
    throw new UsageError(`--policy is no trust policy: ${(error as Error).message}`, { cause: error });
  }
}
