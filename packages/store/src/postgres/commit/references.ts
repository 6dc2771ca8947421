import type { Event, ImportOrigin } from '@espalier/core/event'
import { type CompiledRules, compileRules, type IdentityRules, keysOf, type Named } from '@espalier/core/identity'
import type { Entry, ImportedDecision } from '@espalier/core/stream'

/** All that a batch may have to look up. */
export class References {
  readonly identifiers = new Set<string>()
  readonly profiles = new Set<string>()
  readonly accounts = new Set<string>()
  readonly messages = new Set<string>()
  readonly imports: ImportOrigin[] = []
  /** All accounts of the people concerned are asked for: conditions look at them, or somebody goes from one to another. */
  asksAccounts: boolean
  /** How many besides what is asked for are locked with all that is theirs the next time. */
  further = 1
  readonly #rules: CompiledRules

  constructor(entries: readonly Entry[], asksAccounts: boolean, identity?: IdentityRules) {
    this.asksAccounts = asksAccounts
    this.#rules = compileRules(identity)
    for (const entry of entries) this.#entry(entry)
  }

  #entry(entry: Entry): void {
    switch (entry.kind) {
      case 'event':
        this.#told(entry.event)
        this.#graves(entry.tombstones)
        if (entry.event.groupId !== undefined) this.accounts.add(entry.event.groupId)
        if (entry.event.previousId !== undefined) {
          this.identifiers.add(`userId:${entry.event.previousId}`)
          this.identifiers.add(`anonymousId:${entry.event.previousId}`)
        }
        break
      case 'decision':
        this.#told(entry.decision)
        this.#graves(entry.tombstones)
        break
      case 'consent':
        for (const one of entry.statement.identifiers) this.identifiers.add(one)
        break
      case 'erase':
        this.profiles.add(entry.profile)
        this.#graves(entry.tombstones)
        break
      case 'unbury':
        this.#graves(entry.tombstones)
        break
      case 'appearance':
        this.#person(entry)
        this.#graves(entry.tombstones)
        break
      case 'unmerge':
        this.profiles.add(entry.profile)
        for (const { sources } of entry.parts) for (const source of sources) this.profiles.add(source)
        break
      case 'rejoin':
        this.profiles.add(entry.profile)
        this.profiles.add(entry.other)
        break
      default:
        this.profiles.add(entry.profile)
    }
  }

  /** R3: a row of a file is known by that, and what brings a messageId by that. */
  #told(told: Event | ImportedDecision): void {
    this.#person(told)
    const { origin } = told
    if (origin !== undefined) this.imports.push(origin)
    if (origin === undefined || origin.named) this.messages.add(told.messageId)
  }

  #graves(tombstones: readonly string[] = []): void {
    for (const tombstone of tombstones) this.identifiers.add(tombstone)
  }

  #person(named: Named): void {
    for (const key of keysOf(named, this.#rules)) this.identifiers.add(key)
  }
}
