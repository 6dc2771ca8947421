import { StoreError } from '@espalier/store'
import { WarehouseError } from '@espalier/warehouse'
import { Problem } from '../problem.ts'

/** Whatever was thrown, as an error of the catalogue. */
export function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error
  if (error instanceof StoreError) return fromStore(error)
  if (error instanceof WarehouseError) return fromWarehouse(error)
  if (isBrokenOff(error)) return new Problem('invalid', 'The request ended before its body did.', { cause: error })
  if (isBadAddress(error)) return badAddress(error)
  if (isClientError(error)) return new Problem('invalid', error.message, { status: error.statusCode, cause: error })
  return new Problem('internal', 'Something went wrong here.', { cause: error })
}

function fromStore(error: StoreError): Problem {
  switch (error.code) {
    case 'full':
      return new Problem('full', error.message, { retryAfter: 5, cause: error })
    case 'conflict':
      return new Problem('conflict', error.message, { cause: error })
    case 'unsupported':
      return new Problem('unsupported', error.message, { cause: error })
    case 'unavailable':
    case 'in-use':
    case 'newer-version':
    case 'corrupt':
      return new Problem('unavailable', error.message, { retryAfter: 2, cause: error })
  }
}

function fromWarehouse(error: WarehouseError): Problem {
  switch (error.code) {
    case 'unsupported':
      return new Problem('unsupported', error.message, { cause: error })
    case 'busy':
      return new Problem('too_busy', error.message, { retryAfter: 2, cause: error })
    case 'timeout':
      return new Problem('report_timeout', error.message, { cause: error })
    case 'memory':
      return new Problem('report_too_large', error.message, { cause: error })
    case 'invalid':
    case 'failed':
      return new Problem('internal', 'The warehouse could not answer this.', { cause: error })
    case 'unavailable':
    case 'full':
    case 'denied':
    case 'newer-version':
    case 'in-use':
    case 'foreign':
      return new Problem('warehouse_unavailable', error.message, { retryAfter: 5, cause: error })
  }
}

/** The client went away while it was sending: nothing is wrong here. */
function isBrokenOff(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ECONNRESET' && error.message === 'aborted'
}

/** What Fastify says of an address that leads to no route since it cannot be read: a stray per cent sign, a part of thousands of characters. */
function isBadAddress(error: unknown): error is Error & { statusCode: number } {
  return isClientError(error) && 'code' in error && /^FST_ERR_(BAD_URL|MAX_PARAM_LENGTH)$/.test(String(error.code))
}

function badAddress(cause: Error & { statusCode: number }): Problem {
  const { statusCode: status } = cause
  const isLong = status === 414
  const message = isLong ? 'A part of the address is too long.' : 'The address is not percent-encoded UTF-8.'
  const mend = isLong
    ? 'Nothing here is called so; check what was put there.'
    : 'Encode each part of it, as encodeURIComponent does.'
  return new Problem('invalid', message, { status, path: 'path', mend, cause })
}

/** What Fastify itself refuses: headers it cannot read. */
function isClientError(error: unknown): error is Error & { statusCode: number } {
  if (!(error instanceof Error) || !('statusCode' in error)) return false
  const { statusCode } = error
  return typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500
}
