import { identifierOf } from '../identity/identifier.ts'
import { type Claimed, type Resolution, resolve } from '../identity/resolve.ts'
import { mergeProfiles } from '../profile/merge.ts'
import { newProfile } from '../profile/new-profile.ts'
import type { ApplyContext } from './context.ts'
import type { Drafts } from './drafts.ts'
import type { People } from './people.ts'
import { type Row, toRow } from './rows.ts'

/** What an entry says of who it belongs to; `previousId` makes it an alias. */
export interface Identity {
  readonly userId?: string
  readonly anonymousId?: string
  readonly previousId?: string
}

/** Carries out the identity rules (`core/identity`) on the state of a batch. */
export class Identities {
  readonly #people: People
  readonly #drafts: Drafts
  readonly #context: ApplyContext
  readonly #write: (row: Row) => void

  constructor(people: People, drafts: Drafts, context: ApplyContext, write: (row: Row) => void) {
    this.#people = people
    this.#drafts = drafts
    this.#context = context
    this.#write = write
  }

  /**
   * Makes, links and merges people as the identity says, and gives the source profile: that of the userId if there is one, else
   * of the anonymousId. `at`: when it was said; `cause`: the entry that said it.
   */
  identify({ userId, anonymousId, previousId }: Identity, at: number, cause: string): string {
    const user = userId === undefined ? undefined : identifierOf('userId', userId)
    const device = anonymousId === undefined ? undefined : identifierOf('anonymousId', anonymousId)
    if (previousId !== undefined && user !== undefined) {
      // An alias is about its previousId, so that comes first. Where that is only known as a userId, nothing is united.
      const previous = identifierOf('anonymousId', previousId)
      if (this.#isKnown(previous) || !this.#isKnown(identifierOf('userId', previousId))) {
        this.#claim(user, previous, at, cause)
      }
    }
    this.#claim(user, device, at, cause)
    return this.#people.link((user ?? device)!)!
  }

  #isKnown(identifier: string): boolean {
    return this.#people.link(identifier) !== undefined
  }

  #claim(user: string | undefined, device: string | undefined, at: number, cause: string): void {
    const resolution = resolve({
      ...(user !== undefined && { user: this.#claimed(user) }),
      ...(device !== undefined && { anonymous: this.#claimed(device) }),
    })
    if (resolution.create) this.#create(resolution.create, at)
    if (resolution.link) this.#link(resolution.link)
    if (resolution.merge) this.#merge(resolution.merge, `${resolution.rule} ${cause}`)
  }

  #claimed(identifier: string): Claimed {
    const source = this.#people.link(identifier)
    return source === undefined ? { identifier } : { identifier, person: this.#drafts.known(source) }
  }

  #create(identifiers: readonly [string, ...string[]], at: number): void {
    const { id } = this.#drafts.add({ ...newProfile(this.#context.newId(), identifiers, at), version: 1 })
    for (const identifier of identifiers) this.#people.setLink(identifier, id)
  }

  #link({ identifier, userId, to }: NonNullable<Resolution['link']>): void {
    const draft = this.#drafts.draft(to.id)
    draft.identifiers = [...draft.identifiers, identifier]
    if (userId !== undefined) draft.userId = userId
    this.#people.setLink(identifier, draft.id)
  }

  /** Links stay as they are; what changes is who the sources are. */
  #merge({ from, into }: NonNullable<Resolution['merge']>, cause: string): void {
    const merged = this.#drafts.draft(from.id)
    const survivor = this.#drafts.add(mergeProfiles(this.#drafts.draft(into.id), merged))
    for (const source of merged.sources) {
      this.#drafts.redirect(source, survivor.id)
      const { workspace, now } = this.#context
      this.#write(toRow('identity_links', now, { workspace, source, canonical: survivor.id, at: now, cause }))
    }
  }
}
