import { HORIZON, type Horizon } from '../horizon.ts'
import type { Database } from './database.ts'

/** When a generation ends: a lookup asks every generation, so there are few. */
const GENERATION = { ms: 2 * 86_400_000, bytes: 2_500_000_000 }

const LOCK = `hashtext('espalier:message_generations')`

/**
 * First in a commit: the generation that commits write to does not change while one is under way. So every messageId of
 * an older generation is there to be read, and two of the same in one generation meet at its index.
 */
export const KEEP_GENERATION = `SELECT pg_advisory_xact_lock_shared(${LOCK})`

interface Generation {
  readonly generation: number
  readonly started: number
  readonly counts: Record<string, number> | null
}

export interface MessageIdLimits {
  readonly horizon: Horizon
  readonly generation: { readonly ms: number; readonly bytes: number }
}

/** Starts generations of remembered messageIds and drops those beyond the horizon. */
export class MessageIds {
  readonly #database: Database
  readonly #limits: MessageIdLimits

  constructor(database: Database, limits: MessageIdLimits = { horizon: HORIZON, generation: GENERATION }) {
    this.#database = database
    this.#limits = limits
  }

  /** Before the first commit: makes the first generation. On any number of nodes at once. */
  async start(now: number): Promise<void> {
    if ((await this.#generations()).length === 0) await this.#begin(0, now)
  }

  /** For one node at a time. Should two meet, no messageId is lost, but one of them may fail where the other was faster. */
  async maintain(now: number): Promise<void> {
    const last = (await this.#generations()).at(-1)
    if (last && (await this.#isOver(last, now))) await this.#begin(last.generation, now)
    await this.#count()
    await this.#drop(now)
  }

  /** Since when every messageId is remembered. */
  async since(): Promise<number | undefined> {
    return (await this.#generations())[0]?.started
  }

  async #generations(): Promise<Generation[]> {
    return this.#database.query(
      'SELECT generation, started, counts FROM espalier.message_generations ORDER BY generation',
    )
  }

  async #isOver({ generation, started }: Generation, now: number): Promise<boolean> {
    if (now - started >= this.#limits.generation.ms) return true
    const [size] = await this.#database.query<{ bytes: number }>('SELECT pg_relation_size($1::regclass) AS bytes', [
      partition(generation),
    ])
    return (size?.bytes ?? 0) >= this.#limits.generation.bytes
  }

  async #begin(after: number, now: number): Promise<void> {
    await this.#database.transaction(async tx => {
      await tx.query(`SELECT pg_advisory_xact_lock(${LOCK})`)
      const [last] = await tx.query<{ generation: number }>(
        'SELECT coalesce(max(generation), 0) AS generation FROM espalier.message_generations',
      )
      // Another node began it while we waited.
      if (last?.generation !== after) return
      const generation = after + 1
      await tx.query(
        `CREATE TABLE ${partition(generation)} PARTITION OF espalier.message_ids FOR VALUES IN (${generation})`,
      )
      await tx.query('INSERT INTO espalier.message_generations (generation, started) VALUES ($1, $2)', [
        generation,
        now,
      ])
    })
  }

  /** Counts ended generations once: nobody writes to them any more. */
  async #count(): Promise<void> {
    for (const { generation } of (await this.#generations()).slice(0, -1).filter(one => one.counts === null)) {
      await this.#database.query(
        `UPDATE espalier.message_generations SET counts = (
           SELECT coalesce(jsonb_object_agg(workspace, ids), '{}')
           FROM (SELECT workspace, count(*) AS ids FROM ${partition(generation)} GROUP BY workspace) AS counted
         ) WHERE generation = $1`,
        [generation],
      )
    }
  }

  async #drop(now: number): Promise<void> {
    const generations = await this.#generations()
    for (const [index, { generation, counts }] of generations.entries()) {
      const newer = generations.slice(index + 1)
      const ended = newer[0]?.started
      if (ended === undefined || counts === null) return
      const after = (workspace: string) => newer.reduce((sum, one) => sum + (one.counts?.[workspace] ?? 0), 0)
      const workspaces = Object.keys(counts)
      const outnumbered = workspaces.length > 0 && workspaces.every(one => after(one) >= this.#limits.horizon.ids)
      if (now - ended <= this.#limits.horizon.ageMs && !outnumbered) return
      await this.#database.transaction(async tx => {
        // No commit is under way then, so dropping waits for nobody and nobody reads it.
        await tx.query(`SELECT pg_advisory_xact_lock(${LOCK})`)
        await tx.query(`DROP TABLE IF EXISTS ${partition(generation)}`)
        await tx.query('DELETE FROM espalier.message_generations WHERE generation = $1', [generation])
      })
    }
  }
}

/** A number of ours, never a text: statements that make tables take no parameters. */
function partition(generation: number): string {
  return `espalier.message_ids_${Math.trunc(generation)}`
}
