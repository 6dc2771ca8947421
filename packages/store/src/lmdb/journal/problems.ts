import { StoreError } from '../../errors.ts'
import { FRAME_FORMAT } from './frame.ts'

export function missingSegment(path: string): StoreError {
  return new StoreError('corrupt', `${path} is missing: restore the data folder from a backup.`)
}

export function damaged(path: string, offset: number): StoreError {
  return new StoreError('corrupt', `${path} is damaged at byte ${offset}: restore the data folder from a backup.`)
}

export function newerFrame(path: string, format: number): StoreError {
  return newer(`${path} has commits of format ${format}`)
}

/** Whoever else wrote here keeps something of people that this version knows nothing of. */
export function newerPeople(path: string, format: number): StoreError {
  return newer(`The people in ${path} are of format ${format}`)
}

function newer(what: string): StoreError {
  return new StoreError(
    'newer-version',
    `${what}; this version knows ${FRAME_FORMAT}. Use the newer version of Espalier.`,
  )
}

/** As the system names them, and as LMDB numbers them. */
const NO_ROOM = new Set<unknown>(['ENOSPC', 'EDQUOT', 'EFBIG', 28, 122, 27])

/** What went wrong with a file, as a store tells it. */
export function storeError(error: unknown): StoreError {
  if (error instanceof StoreError) return error
  const { code = '', message } = error as NodeJS.ErrnoException
  return NO_ROOM.has(code)
    ? new StoreError('full', `There is no room on the disk (${code}): make room and try again.`, { cause: error })
    : new StoreError('unavailable', `The data folder cannot be written: ${message}`, { cause: error })
}
