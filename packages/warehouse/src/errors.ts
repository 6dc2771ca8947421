/** Why the warehouse refused, with what a person can do about it. `code` is stable; the server maps it to an HTTP status. */
export type WarehouseErrorCode =
  /** The engine is not reachable, has died, or is shutting down. The same call may succeed later (503). */
  | 'unavailable'
  /** Too many queries or inserts wait already (429). */
  | 'busy'
  /** The query ran into its time bound (504). */
  | 'timeout'
  /** The query needs more memory than it may have (503). */
  | 'memory'
  /** No room on the disk: inserts may succeed when there is some. */
  | 'full'
  /** The engine refuses the rows or the question; the same again will be refused again. */
  | 'invalid'
  /** User, password or rights do not suffice. */
  | 'denied'
  /** The folder or database was written by a newer version. */
  | 'newer-version'
  /** Another process has the data folder. */
  | 'in-use'
  /** It is not the one this installation has shipped to. */
  | 'foreign'
  | 'unsupported'
  /** Anything else the engine says; its words are in the message. */
  | 'failed'

export class WarehouseError extends Error {
  readonly code: WarehouseErrorCode
  constructor(code: WarehouseErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.name = 'WarehouseError'
    this.code = code
  }
}

/** ClickHouse's own numbers for what goes wrong, as far as they need an answer of their own. */
const byEngineCode: Record<number, WarehouseErrorCode> = {
  // What the rows or the question did.
  25: 'invalid', // CANNOT_PARSE_ESCAPE_SEQUENCE
  26: 'invalid', // CANNOT_PARSE_QUOTED_STRING
  27: 'invalid', // CANNOT_PARSE_INPUT_ASSERTION_FAILED
  53: 'invalid', // TYPE_MISMATCH
  72: 'invalid', // CANNOT_PARSE_NUMBER
  117: 'invalid', // INCORRECT_DATA: an unknown field
  252: 'invalid', // TOO_MANY_PARTS: rows of more than one partition in a batch
  // What the surroundings did.
  159: 'timeout', // TIMEOUT_EXCEEDED
  160: 'timeout', // TOO_SLOW
  241: 'memory', // MEMORY_LIMIT_EXCEEDED
  396: 'memory', // TOO_MANY_ROWS_OR_BYTES: the answer
  243: 'full', // NOT_ENOUGH_SPACE
  202: 'busy', // TOO_MANY_SIMULTANEOUS_QUERIES
  192: 'denied', // UNKNOWN_USER
  193: 'denied', // WRONG_PASSWORD
  497: 'denied', // ACCESS_DENIED
  516: 'denied', // AUTHENTICATION_FAILED
  209: 'unavailable', // SOCKET_TIMEOUT
  210: 'unavailable', // NETWORK_ERROR
  236: 'unavailable', // ABORTED
}

const unreachable =
  /ECONNREFUSED|ECONNRESET|ENOTFOUND|EPIPE|ETIMEDOUT|EHOSTUNREACH|EAI_AGAIN|socket hang up|Timeout error/

/** Any error of the client or the engine as a `WarehouseError`; one that is already stays as it is. */
export function toWarehouseError(error: unknown): WarehouseError {
  if (error instanceof WarehouseError) return error
  const message = error instanceof Error ? error.message : String(error)
  if (isTooLarge(error)) return new WarehouseError('unsupported', TOO_LARGE, { cause: error })
  return new WarehouseError(codeOf(error, message), message, { cause: error })
}

/** The engine's bounds of one question: TOO_DEEP_AST, TOO_BIG_AST and TOO_DEEP_RECURSION. Nothing is wrong but its size. */
const tooLarge = [167, 168, 306]
const TOO_LARGE = 'This asks for more than fits one query: ask for fewer conditions at once, in several segments.'

function isTooLarge(error: unknown): boolean {
  return error instanceof Error && 'code' in error && tooLarge.includes(Number(error.code))
}

function codeOf(error: unknown, message: string): WarehouseErrorCode {
  if (/No space left on device|ENOSPC/.test(message)) return 'full'
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  const known = byEngineCode[Number(code)]
  if (known !== undefined) return known
  return unreachable.test(`${String(code)} ${message}`) ? 'unavailable' : 'failed'
}
