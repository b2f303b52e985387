import { readFileSync } from "node:fs";
import { type Policy, parsePolicy } from "../core/ledger/policy.ts";
import type { Witnessing } from "../services/ledger/publisher.ts";
import type { Config } from "./config.ts";

const SECOND_MS = 1000;

/**
 * How the log is witnessed; undefined without a policy file.
 * @throws RangeError where the policy file cannot be used
 */
export function witnessingOf(config: Config): Witnessing | undefined {
  if (config.witnessPolicy === null) return undefined;
  return {
    policy: readWitnessPolicy(config.witnessPolicy),
    timeoutMs: config.witnessTimeoutSeconds * SECOND_MS,
    everyMs: config.witnessEverySeconds * SECOND_MS,
    withoutQuorum: config.withoutQuorum,
    graceMs: config.quorumGraceSeconds * SECOND_MS,
  };
}

function readWitnessPolicy(file: string): Policy {
  try {
    const policy = parsePolicy(readFileSync(file, "utf8"));
    if (policy.witnesses.length === 0) throw new RangeError("it names no witness");
    for (const { name, url } of policy.witnesses)
      if (url === undefined || !/^https?:$/.test(URL.parse(url)?.protocol ?? ""))
        throw new RangeError(`witness ${name} needs the http or https address that it takes checkpoints at`);
    return policy;
  } catch (error) {
    throw new RangeError(`SUYUAN_WITNESS_POLICY: ${file}: ${(error as Error).message}`, { cause: error });
  }
}
