import { Decrypter, Encrypter } from "age-encryption";
import { StoreRefused } from "../../store/binding.ts";
import { isKeyFileName } from "./folder.ts";

/** The secrets of a data folder: the text of each file in `keys/`, by file name. */
export type Secrets = Readonly<Record<string, string>>;

/**
 * Encrypts secrets with a passphrase in the age format (age-encryption.org/v1, scrypt recipient). `age -d` decrypts the
 * result to one JSON object of file names and texts.
 */
export function encryptSecrets(secrets: Secrets, passphrase: string): Promise<Uint8Array> {
  const encrypter = new Encrypter();
  encrypter.setPassphrase(passphrase);
  return encrypter.encrypt(`${JSON.stringify(secrets, null, 2)}\n`);
}

/**
 * The inverse of `encryptSecrets`.
 * @throws StoreRefused where the passphrase is wrong, or the archive was changed or is not one of ours
 */
export async function decryptSecrets(archive: Uint8Array, passphrase: string): Promise<Secrets> {
  const decrypter = new Decrypter();
  decrypter.addPassphrase(passphrase);
  let text: string;
  try {
    text = await decrypter.decrypt(archive, "text");
  } catch (error) {
    throw new StoreRefused(
      `the passphrase does not open the keys, or the archive of the keys is damaged: ${(error as Error).message}`,
      { cause: error },
    );
  }
  return parseSecrets(text);
}

function parseSecrets(text: string): Secrets {
  let secrets: unknown;
  try {
    secrets = JSON.parse(text);
  } catch (error) {
    // The message must not show the decrypted text: it may be a secret.
    throw new StoreRefused("the archive of the keys does not contain JSON", { cause: error });
  }
  if (typeof secrets !== "object" || secrets === null || Array.isArray(secrets))
    throw new StoreRefused(
      "the archive of the keys must contain one JSON object, with a member for each file",
    );
  for (const [name, value] of Object.entries(secrets))
    if (!isKeyFileName(name) || typeof value !== "string")
      throw new StoreRefused(
        `the archive of the keys contains ${JSON.stringify(name)}, which is not a file of keys/`,
      );
  return secrets as Secrets;
}
