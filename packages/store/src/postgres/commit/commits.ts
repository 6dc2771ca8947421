import type { Applied, Apply } from '@espalier/core/stream'
import type { CommitBatch } from '../../port.ts'
import { WorkingPeople } from '../../working.ts'
import type { Database } from '../database.ts'
import { Again } from '../failures.ts'
import { KEEP_GENERATION } from '../messageIds.ts'
import type { OutboxRoom } from '../outbox/room.ts'
import { addRows } from '../outbox/rows.ts'
import { References } from './references.ts'
import { Snapshot } from './snapshot.ts'
import { Turns } from './turns.ts'
import { write } from './write.ts'

/** One batch, one transaction: lock, apply, write, with its rows for the warehouse (R1, R2, R3). */
export class Commits {
  readonly #database: Database
  readonly #room: OutboxRoom
  readonly #apply: Apply
  readonly #newId: () => string
  readonly #turns: Turns

  constructor(
    database: Database,
    options: { room: OutboxRoom; apply: Apply; newId: () => string; concurrency: number },
  ) {
    this.#database = database
    this.#room = options.room
    this.#apply = options.apply
    this.#newId = options.newId
    this.#turns = new Turns(options.concurrency)
  }

  async commit({ workspace, entries, now, plan, consent, identity }: CommitBatch): Promise<readonly Applied[]> {
    if (entries.length === 0) return []
    await this.#room.assert()
    const references = new References(entries, plan.asksAccounts, identity)
    return this.#turns.take(() =>
      this.#database.transaction(async tx => {
        const [, snapshot] = await Promise.all([
          tx.query(KEEP_GENERATION, [], 'commit.generation'),
          Snapshot.lock(tx, workspace, references),
        ])
        const people = new WorkingPeople(snapshot)
        const made = new Set<string>()
        const newId = () => {
          const id = this.#newId()
          made.add(id)
          return id
        }
        const { applied, rows } = this.#apply(people, entries, {
          workspace,
          now,
          newId,
          plan,
          ...(consent && { consent }),
          ...(identity && { identity }),
        })
        let missing = 0
        for (const [id, profile] of people.profiles) {
          if (snapshot.versions.has(id) || made.has(id)) continue
          // Whoever is not there need not be taken away.
          if (profile === undefined && references.profiles.has(id)) continue
          references.profiles.add(id)
          missing++
        }
        if (missing > 0) throw new Again('Profiles were put that were not locked.')
        await Promise.all([write(tx, workspace, people, snapshot), addRows(tx, rows, now)])
        return applied
      }),
    )
  }

  /** Settled when no commit is under way. */
  idle(): Promise<void> {
    return this.#turns.idle()
  }
}
