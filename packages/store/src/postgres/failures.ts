import { StoreError } from '../errors.ts'

/** Somebody else was faster: the transaction is done again on what is true now. */
export class Again extends Error {}

/** Serialization failure, deadlock: PostgreSQL asks to try again. */
const TRY_AGAIN = new Set(['40001', '40P01'])

/** Out of disk. */
const FULL = '53100'

/** Data or index corrupted. */
const CORRUPT = /^XX00[12]$/

/**
 * Connection trouble (08), sign-in refused (28), no such database (3D), resources used up (53), shutting down or query
 * cancelled (57), lock not to be had in time (55P03), left idle (25P03), a standby that only reads (25006), and the two
 * above when they do not end.
 */
const UNAVAILABLE = /^(08...|28...|3D000|53...|57...|55P03|25P0[34]|25006|40001|40P01)$/

/** From the operating system, on the way there. */
const UNREACHABLE = /^(E(CONN|HOST|NET|PIPE|TIMEDOUT|NOTFOUND|NOENT|ACCES|AI_)|ERR_SOCKET)/

/** What `pg` says without a code when a connection breaks or none is to be had. */
const BROKEN =
  /connection terminated|timeout exceeded|not queryable|connection error|read timeout|pool after calling end/i

/** What `pg` says, without a code, where the server asks for a password and the URL has none. */
const NO_PASSWORD = /client password must be/

export function mayTryAgain(error: unknown): boolean {
  return error instanceof Again || TRY_AGAIN.has(codeOf(error))
}

/** The error as the port promises it; what is no trouble of the engine stays as it is. */
export function asStoreError(error: unknown): unknown {
  if (error instanceof StoreError || !(error instanceof Error)) return error
  const code = codeOf(error)
  const options = { cause: error }
  if (code === FULL) return new StoreError('full', 'PostgreSQL has no room left on its disk.', options)
  if (CORRUPT.test(code)) return new StoreError('corrupt', `PostgreSQL found damaged data: ${error.message}`, options)
  if (code === '' && NO_PASSWORD.test(error.message)) {
    return new StoreError('unavailable', 'PostgreSQL asks for a password, and its URL has none', options)
  }
  const unavailable = error instanceof Again || UNAVAILABLE.test(code) || UNREACHABLE.test(code)
  if (unavailable || (code === '' && BROKEN.test(error.message))) {
    return new StoreError('unavailable', `PostgreSQL does not answer: ${error.message || code}`, options)
  }
  return error
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''
}
