import { CLIENT_OPTIONS, type Client, clientOf } from "./client.ts";
import { type Command, DONE, type Invocation, required, UsageError } from "./command.ts";

interface Key {
  id: string;
  organisation: string;
  role: string;
  label: string;
  createdAt: string;
  revokedAt?: string | null;
  secret?: string | null;
}

export const keys: Command = {
  name: "keys",
  summary: "List, make or revoke API keys",
  words: "list | create | revoke KEY_ID",
  about:
    "The keys are those of your own organisation. The operator can name another one with --organisation.",
  options: {
    organisation: { type: "string", value: "ID", help: "for the operator: another organisation" },
    label: { type: "string", value: "TEXT", help: "the purpose of a new key" },
    ...CLIENT_OPTIONS,
  },
  run(call) {
    const [verb, ...rest] = call.words;
    const client = clientOf(call);
    if (verb === "list" && rest.length === 0) return list(call, client);
    if (verb === "create" && rest.length === 0) return create(call, client);
    if (verb === "revoke" && rest.length === 1) return revoke(call, client, rest[0] as string);
    throw new UsageError("takes list, create or revoke KEY_ID");
  },
};

async function list(call: Invocation, client: Client): Promise<number> {
  const organisation = call.option("organisation");
  const query = organisation === undefined ? "" : `?organisation=${encodeURIComponent(organisation)}`;
  const answer = await client.call<{ items: Key[] }>("GET", `/v1/keys${query}`);
  call.out.document(answer);
  for (const key of answer.items) {
    const state = key.revokedAt ? `revoked ${key.revokedAt}` : "valid";
    call.out.line(`${key.id}  ${key.role.padEnd(10)}  made ${key.createdAt}  ${state}  ${key.label}`);
  }
  return DONE;
}

async function create(call: Invocation, client: Client): Promise<number> {
  const organisation = call.option("organisation");
  const body = { label: required(call, "label"), ...(organisation === undefined ? {} : { organisation }) };
  const made = await client.call<Key>("POST", "/v1/keys", { body });
  call.out.document(made);
  call.out.line(`${made.id} of ${made.organisation} (${made.role}). The key, shown this once:`);
  call.out.line(`  ${made.secret}`);
  return DONE;
}

async function revoke(call: Invocation, client: Client, id: string): Promise<number> {
  const revoked = await client.call<Key>("DELETE", `/v1/keys/${encodeURIComponent(id)}`);
  call.out.document(revoked);
  call.out.line(`${revoked.id} is revoked.`);
  return DONE;
}
