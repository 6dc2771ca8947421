import { bucketKeyOf } from '../identity/bucketKey.ts'
import { identifierOf, kindOf } from '../identity/identifier.ts'
import { keysOf } from '../identity/keys.ts'
import { linkedAt, type Origin, originOf, originsOf, withOrigin } from '../identity/origin.ts'
import type { Named } from '../identity/reader.ts'
import {
  type IdentityRule,
  isShared,
  type Refusal,
  refusesLink,
  refusesMerge,
  survivorOf,
  userOf,
  type Won,
} from '../identity/resolve.ts'
import { type CompiledRules, compileRules, told } from '../identity/rules.ts'
import { areSplit } from '../identity/split.ts'
import { mergeProfiles } from '../profile/merge.ts'
import { newProfile } from '../profile/newProfile.ts'
import type { Profile } from '../profile/profile.ts'
import type { ApplyContext } from './context.ts'
import type { Drafts } from './drafts.ts'
import type { Memberships } from './memberships.ts'
import type { People } from './people.ts'
import { type Row, toRow } from './rows.ts'

/** What an entry says of who it belongs to; `previousId` makes it an alias. */
export interface Identity extends Named {
  readonly previousId?: string
}

/** Why a source becomes somebody's. */
export interface Cause {
  readonly rule: IdentityRule
  /** messageId of the event, or what else it was. */
  readonly by: string
  /** The identifier it was seen with; '' where it was none. */
  readonly evidence: string
  readonly won?: Won
}

/** Carries out the identity rules (`core/identity`) on the state of a batch. */
export class Identities {
  readonly #people: People
  readonly #drafts: Drafts
  readonly #context: ApplyContext
  readonly #rules: CompiledRules
  readonly #write: (row: Row) => void
  readonly #memberships: Memberships
  /** People united so far. */
  merges = 0

  constructor(
    people: People,
    drafts: Drafts,
    context: ApplyContext,
    write: (row: Row) => void,
    memberships: Memberships,
  ) {
    this.#people = people
    this.#drafts = drafts
    this.#context = context
    this.#rules = compileRules(context.identity)
    this.#write = write
    this.#memberships = memberships
  }

  /** The identifiers that an entry names somebody by, the most important first. */
  keysOf(identity: Identity, proven = true): readonly string[] {
    return keysOf(identity, this.#rules, proven)
  }

  /**
   * Makes, links and merges people as the identity says, and gives the source profile that what came with it is filed under: that
   * of the first of its `keys`, of which there is one. `at`: when it was said; `by`: the entry that said it.
   */
  identify(keys: readonly string[], identity: Identity, at: number, by: string): string {
    const before = this.#before(identity)
    // An alias is about its previousId, so that comes first.
    if (before !== undefined) this.#unite([identifierOf('userId', identity.userId!), before], at, by)
    return this.#unite(keys, at, by)
  }

  /** All whom an entry of these `keys` is about: of an alias also who its user was before, who may have refused it (R8). */
  concerned(keys: readonly string[], identity: Identity): readonly string[] {
    const before = this.#before(identity)
    return before === undefined || keys.includes(before) ? keys : [...keys, before]
  }

  /** Something of the time `at` is filed under a source: its person remembers when that began, and reports learn of its link. */
  file(source: string, at: number, by: string): void {
    const person = this.#drafts.known(source)
    if (person.origins === undefined) return
    const origin = originOf(person, source)
    if (origin === undefined || (origin.silent === undefined && at >= origin.firstSeen)) return
    const { silent, ...rest } = origin
    const filed: Origin = { ...rest, firstSeen: Math.min(at, origin.firstSeen) }
    const draft = this.#drafts.draft(source)
    draft.origins = withOrigin(draft, source, () =>
      silent ? { ...filed, since: linkedAt(filed, this.#context.now) } : filed,
    )
    if (silent && draft.id !== source) this.tell(draft, source, { rule: 'filed', by, evidence: '' })
  }

  /** An un-merge taken back: the two as one, or why they cannot be. */
  rejoin(a: Profile, b: Profile, by: string): Profile | Refusal | 'known' | 'not-split' {
    if (a.id === b.id) return 'known'
    if (!areSplit(a, b)) return 'not-split'
    // A split within one person is over: merged, they have none any more.
    const free = { ...a, splits: a.splits?.filter(({ other }) => !b.sources.includes(other)) ?? [] }
    const refusal = refusesMerge(free, b, this.#rules)
    return refusal ?? this.#merge(a, b, { rule: 'rejoined', by, evidence: '' })
  }

  /** Two people as one, whatever the rules say. */
  #merge(a: Profile, b: Profile, cause: Omit<Cause, 'won'>): Profile {
    const { into, from, won } = survivorOf(this.#drafts.draft(a.id), this.#drafts.draft(b.id))
    // What was due until now is true of the two as they were apart.
    for (const person of [into, from]) this.#memberships.catchUp(person)
    this.merges++
    const survivor = this.#drafts.add(mergeProfiles(into, from, this.#context.now, this.#context.plan))
    this.#memberships.merged(from, into, survivor)
    for (const source of from.sources) {
      this.#drafts.redirect(source, survivor.id)
      this.tell(survivor, source, { ...cause, won })
    }
    return survivor
  }

  /** Writes who a source is, as its person's origins have it. */
  tell(person: Profile, source: string, { rule, by, evidence, won }: Cause): void {
    const { workspace } = this.#context
    const { identifier, since, silent = false } = originOf(person, source)!
    const link = { workspace, source, canonical: person.id, at: since, cause: `${rule} ${by}` }
    const why = { identifier, evidence, won: won ?? '', bucket_key: person.bucketKey, silent }
    this.#write(toRow('identity_links', since, { ...link, ...why }))
  }

  /** Who the user of an alias was before; undefined for all else, and where that is only known as a userId: nothing is united. */
  #before({ userId, previousId }: Identity): string | undefined {
    if (previousId === undefined || userId === undefined) return undefined
    const device = identifierOf('anonymousId', previousId)
    return this.#isKnown(device) || !this.#isKnown(identifierOf('userId', previousId)) ? device : undefined
  }

  #isKnown(identifier: string): boolean {
    return this.#people.link(identifier) !== undefined
  }

  #unite(keys: readonly string[], at: number, by: string): string {
    const [first] = keys
    const source = this.#people.link(first!) ?? this.#found(keys, at, by)
    for (let i = 1; i < keys.length; i++) this.#join(source, first!, keys[i]!, at, by)
    return source
  }

  /** Nobody has the first identifier: it goes to the first of the others' people who may have it, or to somebody new. */
  #found(keys: readonly string[], at: number, by: string): string {
    const [first, ...others] = keys as [string, ...string[]]
    for (const other of others) {
      const source = this.#people.link(other)
      if (source === undefined) continue
      const person = this.#drafts.known(source)
      if (isShared(person) || refusesLink(person, first, this.#rules) !== undefined) continue
      return this.#link(person, first, at, { rule: 'linked', by, evidence: other })
    }
    return this.#create(keys, at, by)
  }

  /**
   * A new person with the first identifier and all others that nobody has. A device among them gives the bucket key: it is what
   * the visitor was decided for by before they were anybody.
   */
  #create(keys: readonly string[], at: number, by: string): string {
    const [first] = keys as [string, ...string[]]
    const person = this.#drafts.add({ ...newProfile(this.#context.newId(), [first], at), version: 1 })
    this.#people.setLink(first, person.id)
    this.#memberships.begin(person.id)
    for (const key of keys.slice(1)) {
      if (this.#isKnown(key) || refusesLink(person, key, this.#rules) !== undefined) continue
      if (kindOf(key) === 'anonymousId') person.bucketKey = bucketKeyOf(key)
      this.#link(person, key, at, { rule: 'new', by, evidence: first })
    }
    return person.id
  }

  /** A further identifier: its source is somebody's from the start, and silent until something is filed under it. */
  #link(person: Profile, identifier: string, at: number, cause: Cause): string {
    const draft = this.#drafts.draft(person.id)
    const { newId, newSourceId = newId } = this.#context
    const source = newSourceId()
    const origin: Origin = { identifier, firstSeen: at, since: this.#context.now, silent: true }
    draft.origins = [...originsOf(draft), origin]
    draft.sources = [...draft.sources, source]
    draft.identifiers = [...draft.identifiers, identifier]
    const userId = userOf([identifier])
    if (userId !== undefined) draft.userId = userId
    this.#drafts.redirect(source, draft.id)
    this.#people.setLink(identifier, source)
    this.tell(draft, source, cause)
    return source
  }

  /** Unites the person of a source with what a further identifier leads to, as far as the rules allow. */
  #join(source: string, first: string, key: string, at: number, by: string): void {
    const person = this.#drafts.known(source)
    const other = this.#people.link(key)
    if (other === undefined) {
      if (isShared(person) || refusesLink(person, key, this.#rules) !== undefined) return
      this.#link(person, key, at, { rule: 'linked', by, evidence: first })
      return
    }
    const owner = this.#drafts.known(other)
    if (owner.id === person.id || isShared(person) || isShared(owner)) return
    const refusal = refusesMerge(person, owner, this.#rules)
    if (refusal === undefined) this.#merge(person, owner, { rule: 'merged', by, evidence: first })
    else if (refusal === 'apart') this.#contest(owner, other, key, person, at, by)
  }

  /** Somebody else than its person uses an identifier. From one more than its kind allows on, it is nobody's but its own. */
  #contest(owner: Profile, source: string, key: string, rival: Profile, at: number, by: string): void {
    if (kindOf(key) === 'userId') return
    const besides = owner.identifiers.filter(identifier => identifier !== key)
    const claim = told(besides, rival.identifiers, this.#rules)?.[1]
    const { claimed = [] } = originOf(owner, source)!
    if (claim === undefined) return
    // Of other people a person keeps no identifiers: they may be erased (R8).
    const claimant = bucketKeyOf(claim)
    if (claimed.includes(claimant)) return
    const allowed = this.#rules.find(kindOf(key))?.rule.people ?? 1
    const draft = this.#drafts.draft(owner.id)
    if (claimed.length + 2 <= allowed) {
      draft.origins = withOrigin(draft, source, origin => ({ ...origin, claimed: [...claimed, claimant] }))
      return
    }
    // What was filed stays with its person, as was right when it was filed; what comes from now on begins anew.
    draft.origins = withOrigin(draft, source, ({ claimed: _, ...origin }) => origin)
    draft.identifiers = draft.identifiers.filter(identifier => identifier !== key)
    const id = this.#context.newId()
    const origin: Origin = { identifier: key, firstSeen: at, since: this.#context.now, shared: true }
    const alone = this.#drafts.add({ ...newProfile(id, [key], at), version: 1, origins: [origin] })
    this.#people.setLink(key, id)
    this.#memberships.begin(id)
    this.tell(alone, id, { rule: 'shared', by, evidence: claim })
  }
}
