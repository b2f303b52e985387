import { Decrypter, Encrypter } from "age-encryption";
import { StoreRefused } from "../../store/binding.ts";
import { isKeyFileName } from "./folder.ts";

/** The secrets of a data folder: the text of each file of `keys/` by its name. */
export type Secrets = Readonly<Record<string, string>>;

/**
 * Encrypts secrets with a passphrase in the age format (age-encryption.org/v1, scrypt recipient): `age -d` opens it, and
 * shows one JSON object of file names and texts.
 */
export function sealSecrets(secrets: Secrets, passphrase: string): Promise<Uint8Array> {
  const encrypter = new Encrypter();
  encrypter.setPassphrase(passphrase);
  return encrypter.encrypt(`${JSON.stringify(secrets, null, 2)}\n`);
}

/**
 * The inverse of `sealSecrets`.
 * @throws StoreRefused where the passphrase is another, or the file was changed or is none of ours
 */
export async function openSecrets(sealed: Uint8Array, passphrase: string): Promise<Secrets> {
  const decrypter = new Decrypter();
  decrypter.addPassphrase(passphrase);
  let text: string;
  try {
    text = await decrypter.decrypt(sealed, "text");
  } catch (error) {
    throw new StoreRefused(
      `the passphrase does not open the keys, or their file is damaged: ${(error as Error).message}`,
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
    // The text is not shown: it is secret, whatever it is.
    throw new StoreRefused("what the keys' file holds is no JSON", { cause: error });
  }
  if (typeof secrets !== "object" || secrets === null || Array.isArray(secrets))
    throw new StoreRefused("what the keys' file holds is no object of files");
  for (const [name, value] of Object.entries(secrets))
    if (!isKeyFileName(name) || typeof value !== "string")
      throw new StoreRefused(`the keys' file holds ${JSON.stringify(name)}, which is no file of keys/`);
  return secrets as Secrets;
}
