import { type Warehouse, WarehouseError } from '@espalier/warehouse'
import type { Logger } from 'pino'
import { BOND_MEND, type WarehouseBond } from './warehouseBond.ts'
import { within } from './within.ts'

/** How long a failed attempt to open is believed before the next. */
const RETRY_MS = 1000

/** These do not pass by themselves: the server must not start. */
const FATAL = new Set(['in-use', 'newer-version', 'invalid'])

/**
 * A warehouse that may be down when the server starts: it is opened again when somebody asks for it, and until then every
 * call throws `unavailable`, while events and decisions go on. So it is with one that is not this store's (`foreign`).
 */
export class SteadyWarehouse implements Warehouse {
  readonly #open: (signal: AbortSignal) => Promise<Warehouse>
  readonly #closing = new AbortController()
  readonly #bond: Pick<WarehouseBond, 'confirm' | 'shipping'>
  readonly #log: Logger
  /** Open, and perhaps not this store's. */
  #candidate: Warehouse | undefined
  #opened: Warehouse | undefined
  #opening: Promise<Warehouse> | undefined
  /** `at`: not by the clock of the day, which may be put back. */
  #failed: { readonly at: number; readonly error: WarehouseError } | undefined
  #closed = false

  /** `open` breaks off at the signal, as far as it can. */
  constructor(
    open: (signal: AbortSignal) => Promise<Warehouse>,
    bond: Pick<WarehouseBond, 'confirm' | 'shipping'>,
    log: Logger,
  ) {
    this.#open = open
    this.#bond = bond
    this.#log = log
  }

  /** The first attempt; what takes longer than `patienceMs` goes on beside. Throws only what will not pass by itself. */
  async start(patienceMs?: number): Promise<void> {
    try {
      if (patienceMs === undefined) await this.#get()
      else if (!(await within(patienceMs, this.#get()))) {
        throw new WarehouseError('unavailable', 'The warehouse does not answer.')
      }
    } catch (error) {
      if (error instanceof WarehouseError && FATAL.has(error.code)) throw error
      if (error instanceof WarehouseError && error.code === 'foreign') return
      this.#log.warn({ err: error }, 'the warehouse cannot be opened; events wait in the outbox until it can')
    }
  }

  /** Throws where it cannot be asked anything now. */
  async ready(): Promise<void> {
    await this.#get()
  }

  insert: Warehouse['insert'] = async batch => (await this.#forRows()).insert(batch)
  impact: Warehouse['impact'] = async question => (await this.#get()).impact(question)
  impacts: Warehouse['impacts'] = async question => (await this.#get()).impacts(question)
  segmentArms: Warehouse['segmentArms'] = async question => (await this.#get()).segmentArms(question)
  heldOutArms: Warehouse['heldOutArms'] = async question => (await this.#get()).heldOutArms(question)
  activity: Warehouse['activity'] = async question => (await this.#get()).activity(question)
  programme: Warehouse['programme'] = async question => (await this.#get()).programme(question)
  evidenceCells: Warehouse['evidenceCells'] = async question => (await this.#get()).evidenceCells(question)
  evidenceDays: Warehouse['evidenceDays'] = async question => (await this.#get()).evidenceDays(question)
  visitorDays: Warehouse['visitorDays'] = async question => (await this.#get()).visitorDays(question)
  policyTraining: Warehouse['policyTraining'] = async question => (await this.#get()).policyTraining(question)
  rewardDelays: Warehouse['rewardDelays'] = async question => (await this.#get()).rewardDelays(question)
  drawnAnew: Warehouse['drawnAnew'] = async question => (await this.#get()).drawnAnew(question)
  whatIfSums: Warehouse['whatIfSums'] = async question => (await this.#get()).whatIfSums(question)
  timeline: Warehouse['timeline'] = async question => (await this.#get()).timeline(question)
  quotes: Warehouse['quotes'] = async question => (await this.#get()).quotes(question)
  logSize: Warehouse['logSize'] = async question => (await this.#get()).logSize(question)
  identityLinks: Warehouse['identityLinks'] = async question => (await this.#get()).identityLinks(question)
  summary: Warehouse['summary'] = async question => (await this.#get()).summary(question)
  personSize: Warehouse['personSize'] = async question => (await this.#get()).personSize(question)
  erase: Warehouse['erase'] = async question => (await this.#get()).erase(question)
  expire: Warehouse['expire'] = async question => (await this.#get()).expire(question)
  crossings: Warehouse['crossings'] = async question => (await this.#get()).crossings(question)
  overlaps: Warehouse['overlaps'] = async (...asked) => (await this.#get()).overlaps(...asked)
  segmentSample: Warehouse['segmentSample'] = async (...asked) => (await this.#get()).segmentSample(...asked)
  rhythm: Warehouse['rhythm'] = async (...asked) => (await this.#get()).rhythm(...asked)
  segmentSize: Warehouse['segmentSize'] = async question => (await this.#get()).segmentSize(question)
  segmentOverlap: Warehouse['segmentOverlap'] = async question => (await this.#get()).segmentOverlap(question)
  segmentMembers: Warehouse['segmentMembers'] = async question => (await this.#get()).segmentMembers(question)
  segmentHistory: Warehouse['segmentHistory'] = async question => (await this.#get()).segmentHistory(question)
  putRates: Warehouse['putRates'] = async (workspace, rates) => (await this.#forRows()).putRates(workspace, rates)
  putSpend: Warehouse['putSpend'] = async (...asked) => (await this.#forRows()).putSpend(...asked)
  owners: Warehouse['owners'] = async () => (await this.#get()).owners()
  sign: Warehouse['sign'] = async installation => (await this.#get()).sign(installation)
  backup: Warehouse['backup'] = async directory => (await this.#get()).backup(directory)
  check: Warehouse['check'] = async () => (await this.#get()).check()
  stats: Warehouse['stats'] = async () => (await this.#get()).stats()

  async *pastEvents(question: Parameters<Warehouse['pastEvents']>[0]): ReturnType<Warehouse['pastEvents']> {
    yield* (await this.#get()).pastEvents(question)
  }

  async *policyRows(question: Parameters<Warehouse['policyRows']>[0]): ReturnType<Warehouse['policyRows']> {
    yield* (await this.#get()).policyRows(question)
  }

  async *log(question: Parameters<Warehouse['log']>[0]): ReturnType<Warehouse['log']> {
    yield* (await this.#get()).log(question)
  }

  async *person(question: Parameters<Warehouse['person']>[0]): ReturnType<Warehouse['person']> {
    yield* (await this.#get()).person(question)
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#closing.abort()
    const opening = this.#opening?.catch(() => undefined)
    await opening
    await this.#candidate?.close()
  }

  /** For what adds to it. */
  async #forRows(): Promise<Warehouse> {
    const warehouse = await this.#get()
    await this.#bond.shipping()
    return warehouse
  }

  async #get(): Promise<Warehouse> {
    if (this.#opened !== undefined) return this.#opened
    if (this.#closed) throw new WarehouseError('unavailable', 'The warehouse is closed.')
    if (this.#failed !== undefined && performance.now() - this.#failed.at < RETRY_MS) throw this.#failed.error
    this.#opening ??= this.#attempt().finally(() => {
      this.#opening = undefined
    })
    return this.#opening
  }

  async #attempt(): Promise<Warehouse> {
    try {
      this.#candidate ??= await this.#open(this.#closing.signal)
      await this.#bond.confirm(this.#candidate)
      this.#opened = this.#candidate
      if (this.#failed !== undefined) this.#log.info('the warehouse is open')
      this.#failed = undefined
      return this.#opened
    } catch (cause) {
      const message = cause instanceof Error ? cause.message : String(cause)
      const error = cause instanceof WarehouseError ? cause : new WarehouseError('unavailable', message, { cause })
      if (error.code === 'foreign' && error.message !== this.#failed?.error.message) {
        this.#log.error({ mend: BOND_MEND }, error.message)
      }
      this.#failed = { at: performance.now(), error }
      throw error
    }
  }
}
