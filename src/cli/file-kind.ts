/** What a file is, for a person who took it for a bundle, a receipt or a record. */
export interface FileKind {
  /** For programs, such as `error_answer`. */
  kind: string;
  /** Completes "FILE is …". */
  is: string;
  /** What to do next: full sentences. */
  remedy: string;
}

export const FETCH_BUNDLE = "Fetch the bundle of the code: suyuan bundle CODE -o FILE.";
export const FETCH_AGAIN =
  "Fetch it again: suyuan bundle CODE -o FILE. With curl use --fail, or curl saves error answers too.";
