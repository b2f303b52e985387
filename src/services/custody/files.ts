import { bytesToHex } from "@noble/hashes/utils.js";
import type { FileUploadRow, StoredFileRow } from "../../store/service.ts";
import type { Caller } from "../caller.ts";
import type { WriteRequest } from "../ledger/transaction.ts";
import { invalid, notFound, Problem } from "../problem.ts";
import type { Service } from "../service.ts";
import { FILE_TYPES, type FileType, sniffType, typeAgrees } from "./file-type.ts";

/** The largest stored report or certificate. */
export const MAX_FILE_BYTES = 5 * 1024 * 1024;

export interface StoredFile {
  /** Lower-case hex SHA-256, by which records name the file. */
  digest: string;
  mediaType: string;
  name: string;
  sizeBytes: number;
}

/** A file with the name and type that one of its uploaders gave it. */
export interface FetchedFile extends StoredFile {
  bytes: Uint8Array;
}

/**
 * Stores a report, certificate or another file. Equal bytes are stored once; each organisation has its own name and type
 * for them, and its quota counts them.
 * @throws Problem too_large for a file above 5 MiB; quota_exceeded; unsupported_media_type for a type that is not
 * accepted or that the bytes contradict; invalid_request for an empty file
 */
export async function storeFile(
  service: Service,
  caller: Caller,
  bytes: Uint8Array,
  mediaType: string,
  name: string,
  request?: WriteRequest,
): Promise<StoredFile> {
  const type = acceptedType(mediaType);
  if (bytes.length === 0) throw invalid("body", "is empty", "the file's bytes");
  if (bytes.length > MAX_FILE_BYTES)
    throw new Problem("too_large", `a file may have at most ${MAX_FILE_BYTES} bytes`);
  requireContent(bytes, type);
  const digest = bytesToHex(service.platform.sha256(bytes));
  const { organisation } = caller;
  const stored = { digest, mediaType: type, name, sizeBytes: bytes.length };
  await service.writer.submitOnce(request, (tx) => {
    const { service: files } = tx.store;
    const isNew = !files.fileUploads(digest).some((upload) => upload.organisation === organisation);
    if (isNew) {
      const usedBytes = files.fileUsage(organisation) + bytes.length;
      requireQuota(usedBytes, service.settings.fileQuotaBytes);
      files.setFileUsage(organisation, usedBytes);
    }
    files.addFile({ ...stored, organisation, bytes, at: tx.nowMs });
    files.putFileUpload({ digest, organisation, mediaType: type, name, at: tx.nowMs });
  });
  service.integrity.repaired(placeOf(digest));
  return stored;
}

/**
 * A stored file by its digest, its bytes hashed again. Its name and type are those that the caller gave it; otherwise
 * those of `by`, or those that its uploaders agree on: an assessor's or authority's go before an enterprise's. Where
 * these differ, the name is the digest.
 * @param by the id of an organisation that stored it
 * @throws Problem not_found; damaged where the stored bytes have another digest
 */
export function getFile(service: Service, caller: Caller, digest: string, by?: string): FetchedFile {
  const row = service.store.service.file(digest);
  if (row === undefined) throw notFound("file", digest);
  requireSound(service, row);
  const uploads = service.store.service.fileUploads(digest);
  const named = uploads.find(({ organisation }) => organisation === (by ?? caller.organisation));
  if (by !== undefined && named === undefined) throw notFound("file", `${digest} of ${by}`);
  const { name, mediaType } = named ?? agreedName(service, digest, uploads, row.bytes);
  return { digest, name, mediaType, sizeBytes: row.bytes.length, bytes: row.bytes };
}

/** The digest of a stored file's bytes, where it differs from the file's own; undefined for a sound file. */
export function damageOf(row: StoredFileRow, sha256: (bytes: Uint8Array) => Uint8Array): string | undefined {
  const found = bytesToHex(sha256(row.bytes));
  return found === row.digest ? undefined : found;
}

/** Where a damaged file is, for the operator. */
export function placeOf(digest: string): string {
  return `stored file ${digest}`;
}

function requireSound({ integrity, platform }: Service, row: StoredFileRow): void {
  const found = damageOf(row, platform.sha256);
  if (found === undefined) return;
  integrity.damaged(placeOf(row.digest), `its bytes have the digest ${found}`);
  throw new Problem("damaged", `stored file ${row.digest} is damaged: its bytes have another digest`);
}

function acceptedType(mediaType: string): FileType {
  const type = mediaType.split(";")[0]?.trim().toLowerCase() ?? "";
  const accepted = FILE_TYPES.find((one) => one === type);
  if (accepted !== undefined) return accepted;
  throw new Problem(
    "unsupported_media_type",
    `the media type of a file must be one of ${FILE_TYPES.join(", ")}`,
  );
}

function requireContent(bytes: Uint8Array, said: FileType): void {
  const shown = sniffType(bytes);
  if (typeAgrees(shown, said)) return;
  throw new Problem(
    "unsupported_media_type",
    `Content-Type says ${said}, but the file's content is ${shown}: send the type that it has, of ${FILE_TYPES.join(", ")} ` +
      "(texts in UTF-8)",
  );
}

function requireQuota(usedBytes: number, quotaBytes: number | null): void {
  if (quotaBytes === null || usedBytes <= quotaBytes) return;
  throw new Problem(
    "quota_exceeded",
    `this file would bring your stored files to ${usedBytes} bytes, and the quota of an organisation is ${quotaBytes} ` +
      "bytes: ask the operator for a larger one (SUYUAN_FILE_QUOTA_MB)",
  );
}

/** Anybody may store the same bytes: a stranger's name must not stand for a laboratory's report. */
function agreedName(
  { store }: Service,
  digest: string,
  uploads: readonly FileUploadRow[],
  bytes: Uint8Array,
): Pick<FileUploadRow, "name" | "mediaType"> {
  const isThirdParty = ({ organisation }: FileUploadRow): boolean => {
    const role = store.filing.organisation(organisation)?.role;
    return role === "assessor" || role === "authority";
  };
  const thirdParties = uploads.filter(isThirdParty);
  const [first, ...others] = thirdParties.length > 0 ? thirdParties : uploads;
  const agreed =
    first !== undefined &&
    others.every(({ name, mediaType }) => name === first.name && mediaType === first.mediaType);
  return agreed ? first : { name: digest, mediaType: sniffType(bytes) };
}
