import { bytesToHex } from "@noble/hashes/utils.js";
import type { FileRow } from "../../store/service.ts";
import type { WriteRequest } from "../ledger/transaction.ts";
import { invalid, notFound, Problem } from "../problem.ts";
import type { Service } from "../service.ts";
import type { Caller } from "../caller.ts";

/** The largest stored report or certificate. */
export const MAX_FILE_BYTES = 5 * 1024 * 1024;
export const FILE_TYPES = [
  "application/pdf",
  "image/png",
  "image/jpeg",
  "application/json",
  "text/plain",
  "application/xml",
];

export interface StoredFile {
  /** Lower-case hex SHA-256, by which records name the file. */
  digest: string;
  mediaType: string;
  name: string;
  sizeBytes: number;
}

/**
 * Stores a report, certificate or another file; equal bytes are stored once.
 * @throws Problem too_large, unsupported_media_type, invalid_request for an empty file
 */
export async function storeFile(
  service: Service,
  caller: Caller,
  bytes: Uint8Array,
  mediaType: string,
  name: string,
  request?: WriteRequest,
): Promise<StoredFile> {
  const type = mediaType.split(";")[0]?.trim().toLowerCase() ?? "";
  if (!FILE_TYPES.includes(type))
    throw new Problem(
      "unsupported_media_type",
      `the media type of a file must be one of ${FILE_TYPES.join(", ")}`,
    );
  if (bytes.length === 0) throw invalid("body", "is empty", "the file's bytes");
  if (bytes.length > MAX_FILE_BYTES)
    throw new Problem("too_large", `a file may have at most ${MAX_FILE_BYTES} bytes`);
  const digest = bytesToHex(service.platform.sha256(bytes));
  const stored = { digest, mediaType: type, name, sizeBytes: bytes.length };
  await service.writer.submitOnce(request, (tx) =>
    tx.store.service.addFile({ ...stored, organisation: caller.organisation, bytes, at: tx.nowMs }),
  );
  return stored;
}

/** A stored file by its digest. @throws Problem not_found */
export function getFile(service: Service, digest: string): FileRow {
  const row = service.store.service.file(digest);
  if (row === undefined) throw notFound("file", digest);
  return row;
}
