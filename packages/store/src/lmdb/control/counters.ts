import type { CounterStore } from '../../port.ts'
import { after, type ControlDb, type ControlWriter, controlKey } from './db.ts'

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

  reserve(
    workspace: string,
    counter: string,
    { key, n, limit, now, expires }: { key: string; n: number; limit: number; now: number; expires?: number },
  ): Promise<{ granted: boolean; used: number }> {
    return this.#db.transaction(writer => {
      const used = this.#sweep(writer, workspace, counter, now)
      if (this.#get(workspace, counter, key)) return { granted: true, used }
      if (used + n > limit) return { granted: false, used }
      const runsOut = expires === undefined || expires === Infinity ? {} : { expires }
      const reservation: Reservation = { key, n, ...runsOut, confirmed: false }
      writer.put('counters', controlKey(workspace, counter, 'key', key), reservation)
      if (reservation.expires !== undefined) {
        writer.put('counters', controlKey(workspace, counter, 'expires', reservation.expires, key), reservation)
      }
      writer.put('counters', controlKey(workspace, counter, 'sum'), used + n)
      return { granted: true, used: used + n }
    })
  }

  confirm(workspace: string, counter: string, key: string, now: number): Promise<boolean> {
    return this.#db.transaction(writer => {
      this.#sweep(writer, workspace, counter, now)
      const reservation = this.#get(workspace, counter, key)
      if (!reservation) return false
      const { expires, ...rest } = reservation
      if (expires !== undefined) writer.remove('counters', controlKey(workspace, counter, 'expires', expires, key))
      writer.put('counters', controlKey(workspace, counter, 'key', key), { ...rest, confirmed: true })
      return true
    })
  }

  release(workspace: string, counter: string, key: string): Promise<boolean> {
    return this.#db.transaction(writer => {
      const reservation = this.#get(workspace, counter, key)
      if (!reservation || reservation.confirmed) return false
      this.#free(writer, workspace, counter, reservation)
      const sum = this.#sum(workspace, counter)
      writer.put('counters', controlKey(workspace, counter, 'sum'), sum - reservation.n)
      return true
    })
  }

  async used(workspace: string, counter: string, now: number): Promise<number> {
    return this.#sum(workspace, counter) - sumOf(this.#ranOut(workspace, counter, now))
  }

  /** Frees what ran out; answers what is taken. */
  #sweep(writer: ControlWriter, workspace: string, counter: string, now: number): number {
    const gone = this.#ranOut(workspace, counter, now)
    const used = this.#sum(workspace, counter) - sumOf(gone)
    if (gone.length === 0) return used
    for (const reservation of gone) this.#free(writer, workspace, counter, reservation)
    writer.put('counters', controlKey(workspace, counter, 'sum'), used)
    return used
  }

  #free(writer: ControlWriter, workspace: string, counter: string, { key, expires }: Reservation): void {
    writer.remove('counters', controlKey(workspace, counter, 'key', key))
    if (expires !== undefined) writer.remove('counters', controlKey(workspace, counter, 'expires', expires, key))
  }

  #ranOut(workspace: string, counter: string, now: number): Reservation[] {
    const start = controlKey(workspace, counter, 'expires')
    return this.#db.range('counters', start, after(workspace, counter, 'expires', now))
  }

  #get(workspace: string, counter: string, key: string): Reservation | undefined {
    return this.#db.get('counters', controlKey(workspace, counter, 'key', key))
  }

  #sum(workspace: string, counter: string): number {
    return this.#db.get<number>('counters', controlKey(workspace, counter, 'sum')) ?? 0
  }
}

function sumOf(reservations: readonly Reservation[]): number {
  return reservations.reduce((sum, { n }) => sum + n, 0)
}
