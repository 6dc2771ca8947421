import type { ImportOrigin } from '@espalier/core/event'
import type { Entry } from '@espalier/core/stream'

/** All that a batch may have to look up. */
export class References {
  readonly identifiers = new Set<string>()
  readonly profiles = new Set<string>()
  readonly messages = new Set<string>()
  readonly imports: ImportOrigin[] = []

  constructor(entries: readonly Entry[]) {
    for (const entry of entries) {
      if (entry.kind === 'backfill') this.profiles.add(entry.profile)
      else if (entry.kind === 'consent') for (const one of entry.statement.identifiers) this.identifiers.add(one)
      else if (entry.kind === 'appearance') this.#person(entry)
      else {
        const told = entry.kind === 'event' ? entry.event : entry.decision
        this.#person(told)
        // R3: a row of a file is known by that, everything else by its messageId.
        if (told.origin) this.imports.push(told.origin)
        else this.messages.add(told.messageId)
        if (entry.kind === 'event' && entry.event.previousId !== undefined) {
          this.#person({ userId: entry.event.previousId, anonymousId: entry.event.previousId })
        }
      }
    }
  }

  #person({ userId, anonymousId }: { userId?: string; anonymousId?: string }): void {
    if (userId !== undefined) this.identifiers.add(`userId:${userId}`)
    if (anonymousId !== undefined) this.identifiers.add(`anonymousId:${anonymousId}`)
  }
}
