import type { Account } from '@espalier/core/account'
import type { Profile } from '@espalier/core/profile'
import type { Located } from '../../port.ts'
import type { CheckpointDb } from '../checkpoint/db.ts'
import { Dedup } from '../dedup/dedup.ts'
import type { HashKey } from '../dedup/hash.ts'
import type { Run } from '../dedup/run.ts'
import { accountKey, isAccount, isPerson, profileSize, type StoredProfile } from './codec.ts'
import { type CacheBudget, Layers } from './layers.ts'
import { Timers } from './timers.ts'

/** All that the stream knows of one workspace: durable, as of the last commit. */
export class WorkspaceState {
  readonly name: string
  /** Stands for the workspace in the checkpoint's keys. */
  readonly number: number
  readonly profiles: Layers<StoredProfile>
  readonly links: Layers<string>
  readonly imports: Layers<Uint8Array>
  readonly timers: Timers
  readonly dedup: Dedup
  /** How many people there are; merged profiles do not count. */
  people: number

  constructor(
    entry: { name: string; number: number; people: number },
    parts: { db: CheckpointDb; budget: CacheBudget; hashKey: HashKey; runs: readonly Run[] },
  ) {
    const { db, budget } = parts
    const { number } = entry
    this.name = entry.name
    this.number = number
    this.people = entry.people
    this.profiles = new Layers(budget, id => db.profile(number, id), profileSize)
    this.links = new Layers(
      budget,
      identifier => db.link(number, identifier),
      source => 200 + source.length,
    )
    this.imports = new Layers(
      budget,
      key => db.importChunk(number, key),
      chunk => 200 + chunk.length,
    )
    this.timers = new Timers({ timers: from => db.timers(number, from) })
    this.dedup = new Dedup(parts.hashKey, parts.runs)
  }

  /** The person an id leads to. Who looks does not need them kept in memory: who has come to do something does. */
  person(id: string): Profile | undefined {
    const stored = this.profiles.peek(id)
    if (stored === undefined || isAccount(stored)) return undefined
    if (isPerson(stored)) return stored
    const person = this.profiles.peek(stored.mergedInto)
    return person === undefined || !isPerson(person) ? undefined : person
  }

  account(id: string): Account | undefined {
    const stored = this.profiles.peek(accountKey(id))
    return stored !== undefined && isAccount(stored) ? stored.account : undefined
  }

  locate(identifier: string): Located | undefined {
    const source = this.links.peek(identifier)
    const profile = source === undefined ? undefined : this.person(source)
    return source === undefined || profile === undefined ? undefined : { profile, source }
  }

  /** The checkpoint failed: what it was to write is still to be written. */
  unfreeze(): void {
    for (const layers of [this.profiles, this.links, this.imports]) layers.unfreeze()
    this.timers.unfreeze()
    this.dedup.unfreeze()
  }
}
