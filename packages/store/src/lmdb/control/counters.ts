import type { CounterStore, Share } from '../../port.ts'
import type { ControlDb, ControlReader } from './db.ts'
import { after, controlKey } from './key.ts'
import type { ControlTransaction } from './transaction.ts'

interface Reservation {
  readonly key: string
  readonly n: number
  /** Absent: never. */
  readonly expires?: number
  readonly confirmed: boolean
}

/**
 * The sum taken under (workspace, counter, 'sum'), reservations under (…, 'key', key), and those that run out under
 * (…, 'expires', time, key), so that a question costs only what ran out since the last one.
 */
export class LmdbCounters implements CounterStore {
  readonly #db: ControlDb

  constructor(db: ControlDb) {
    this.#db = db
  }

  reserve(workspace: string, key: string, shares: readonly Share[], now: number): Promise<boolean> {
    return this.#db.transaction(transaction => {
      const asked = shares.map(share => {
        const used = this.#sweep(transaction, workspace, share.counter, now)
        return { share, used, before: get(transaction, workspace, share.counter, key) }
      })
      if (asked.some(({ share, used, before }) => before === undefined && used + share.n > share.limit)) return false
      for (const { share, used, before } of asked) {
        const { counter, n, expires } = share
        if (before === undefined) {
          put(transaction, workspace, counter, { key, n, expires, confirmed: false })
          transaction.put('counters', controlKey(workspace, counter, 'sum'), used + n)
        } else if (!before.confirmed && endOf(before) < endOf(share)) {
          free(transaction, workspace, counter, before)
          put(transaction, workspace, counter, { key, n: before.n, expires, confirmed: false })
        }
      }
      return true
    })
  }

  confirm(workspace: string, key: string, counters: readonly string[], now: number): Promise<boolean> {
    return this.#db.transaction(transaction => {
      let isAny = false
      for (const counter of counters) {
        this.#sweep(transaction, workspace, counter, now)
        const reservation = get(transaction, workspace, counter, key)
        if (!reservation) continue
        isAny = true
        const { expires, ...rest } = reservation
        if (expires !== undefined) {
          transaction.remove('counters', controlKey(workspace, counter, 'expires', expires, key))
        }
        transaction.put('counters', controlKey(workspace, counter, 'key', key), { ...rest, confirmed: true })
      }
      return isAny
    })
  }

  release(workspace: string, key: string, counters: readonly string[]): Promise<boolean> {
    return this.#db.transaction(transaction => {
      let isAny = false
      for (const counter of counters) {
        const reservation = get(transaction, workspace, counter, key)
        if (!reservation || reservation.confirmed) continue
        isAny = true
        free(transaction, workspace, counter, reservation)
        const left = sum(transaction, workspace, counter) - reservation.n
        transaction.put('counters', controlKey(workspace, counter, 'sum'), left)
      }
      return isAny
    })
  }

  async used(workspace: string, counter: string, now: number): Promise<number> {
    return sum(this.#db, workspace, counter) - sumOf(ranOut(this.#db, workspace, counter, now))
  }

  async held(
    workspace: string,
    asked: readonly { readonly counter: string; readonly key: string }[],
    now: number,
  ): Promise<readonly boolean[]> {
    return asked.map(({ counter, key }) => {
      const reservation = get(this.#db, workspace, counter, key)
      return reservation !== undefined && (reservation.confirmed || endOf(reservation) > now)
    })
  }

  /** Frees what ran out; answers what is taken. */
  #sweep(transaction: ControlTransaction, workspace: string, counter: string, now: number): number {
    const gone = ranOut(transaction, workspace, counter, now)
    const used = sum(transaction, workspace, counter) - sumOf(gone)
    if (gone.length === 0) return used
    for (const reservation of gone) free(transaction, workspace, counter, reservation)
    transaction.put('counters', controlKey(workspace, counter, 'sum'), used)
    return used
  }
}

function put(
  transaction: ControlTransaction,
  workspace: string,
  counter: string,
  { expires = Infinity, ...rest }: Omit<Reservation, 'expires'> & { readonly expires: number | undefined },
): void {
  const reservation: Reservation = { ...rest, ...(expires < Infinity && { expires }) }
  transaction.put('counters', controlKey(workspace, counter, 'key', rest.key), reservation)
  if (expires === Infinity) return
  transaction.put('counters', controlKey(workspace, counter, 'expires', expires, rest.key), reservation)
}

function endOf({ expires = Infinity }: { readonly expires?: number | undefined }): number {
  return expires
}

function free(
  transaction: ControlTransaction,
  workspace: string,
  counter: string,
  { key, expires }: Reservation,
): void {
  transaction.remove('counters', controlKey(workspace, counter, 'key', key))
  if (expires !== undefined) transaction.remove('counters', controlKey(workspace, counter, 'expires', expires, key))
}

function ranOut(reader: ControlReader, workspace: string, counter: string, now: number): Reservation[] {
  const start = controlKey(workspace, counter, 'expires')
  return reader.range('counters', start, after(workspace, counter, 'expires', now))
}

function get(reader: ControlReader, workspace: string, counter: string, key: string): Reservation | undefined {
  return reader.get('counters', controlKey(workspace, counter, 'key', key))
}

function sum(reader: ControlReader, workspace: string, counter: string): number {
  return reader.get<number>('counters', controlKey(workspace, counter, 'sum')) ?? 0
}

function sumOf(reservations: readonly Reservation[]): number {
  return reservations.reduce((sum, { n }) => sum + n, 0)
}
