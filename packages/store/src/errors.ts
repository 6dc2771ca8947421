/** Why a store refused, with what a person can do about it. `code` is stable; the server maps it to an HTTP status. */
export type StoreErrorCode =
  /** No room on the disk, or the outbox's bound is reached: try again later (429). */
  | 'full'
  /** The engine is not reachable or is shutting down (503). */
  | 'unavailable'
  /** Somebody else published meanwhile (409). */
  | 'conflict'
  /** The folder or database was written by a newer version. */
  | 'newer-version'
  /** Another process has the data folder. */
  | 'in-use'
  /** What is on disk cannot be right. */
  | 'corrupt'
  | 'unsupported'

export class StoreError extends Error {
  readonly code: StoreErrorCode
  constructor(code: StoreErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.name = 'StoreError'
    this.code = code
  }
}
