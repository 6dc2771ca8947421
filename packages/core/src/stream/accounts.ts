import { type Account, newAccount } from '../account/account.ts'
import { considered, isOther } from '../account/considered.ts'
import { withHolder, withMember, withoutMember } from '../account/members.ts'
import type { Event } from '../event/event.ts'
import { stampOf } from '../event/stamp.ts'
import { ANYONE } from '../plan/plan.ts'
import type { Membership, Profile } from '../profile/profile.ts'
import { withTraits } from '../profile/statements.ts'
import type { ConsideredAccount } from '../segment/subject.ts'
import type { ApplyContext } from './context.ts'
import type { People } from './people.ts'

type Member = Pick<Profile, 'id' | 'accounts' | 'memberships'>

/** The accounts a batch works on: put back once at the end. */
export class Accounts {
  readonly #people: People
  readonly #plan: ApplyContext['plan']
  /** Undefined: taken away. */
  readonly #drafts = new Map<string, Account | undefined>()
  /** As their members were last looked at. */
  readonly #before = new Map<string, Account>()

  constructor(people: People, { plan }: ApplyContext) {
    this.#people = people
    this.#plan = plan
  }

  /** Those somebody belongs to, as conditions look at them. */
  considered({ accounts }: Pick<Profile, 'accounts'>): readonly ConsideredAccount[] {
    return Object.keys(accounts).flatMap(id => {
      const account = this.#get(id)
      return account === undefined ? [] : [considered(account)]
    })
  }

  /** Others on whom somebody's accounts count no longer than up to an instant. */
  late({ accounts }: Pick<Profile, 'accounts'>, at: number): ReadonlySet<string> {
    const late = new Set<string>()
    for (const id of Object.keys(accounts)) {
      for (const holders of Object.values(this.#get(id)?.holding ?? {})) {
        for (const person in holders) if ((holders[person] ?? Number.POSITIVE_INFINITY) <= at) late.add(person)
      }
    }
    return late
  }

  /** A group call says something of its account. */
  state(event: Event): void {
    const account = this.#get(event.groupId!) ?? newAccount(event.groupId!)
    const traits = withTraits(account.traits, event.properties, stampOf(event))
    if (traits !== account.traits) this.#put(account, { ...account, traits })
  }

  /** Somebody belongs to other accounts than before, or is somebody else, or nobody any more. */
  move(before: Member | undefined, after: Member | undefined): void {
    for (const id of Object.keys(before?.accounts ?? {})) {
      if (before!.id === after?.id && Object.hasOwn(after.accounts, id)) continue
      const account = this.#get(id)
      if (account !== undefined) this.#put(account, withoutMember(account, before!.id))
    }
    for (const id of Object.keys(after?.accounts ?? {})) this.#enrol(id, after!)
  }

  /** Somebody was erased: an account with nobody left in it goes with them (R8). */
  erase(person: Member): void {
    this.move(person, undefined)
    for (const id of Object.keys(person.accounts)) {
      if (this.#get(id)?.members.length === 0) this.#drafts.set(id, undefined)
    }
  }

  /** Somebody fulfils a condition on anyone of an account, or does so no more. */
  hold({ id: person, accounts }: Member, condition: string, membership: Membership | undefined): void {
    for (const id of Object.keys(accounts)) {
      const account = this.#get(id)
      if (account !== undefined) this.#put(account, withHolder(account, condition, person, untilOf(membership)))
    }
  }

  /** People whose truth may be another since they were last asked for: members of accounts that changed. */
  affected(now: number): ReadonlySet<string> {
    const people = new Set<string>()
    for (const [id, before] of this.#before) {
      const after = this.#get(id)
      if (after === undefined || !isOther(before, after, now)) continue
      for (const member of after.members) people.add(member)
    }
    this.#before.clear()
    return people
  }

  finish(): void {
    for (const [id, account] of this.#drafts) {
      if (account === undefined) this.#people.removeAccount(id)
      else this.#people.putAccount(account)
    }
  }

  #get(id: string): Account | undefined {
    return this.#drafts.has(id) ? this.#drafts.get(id) : this.#people.account(id)
  }

  #enrol(id: string, person: Member): void {
    const account = this.#get(id) ?? newAccount(id)
    let enrolled = withMember(account, person.id)
    for (const [key, membership] of Object.entries(person.memberships ?? {})) {
      if (!key.startsWith(ANYONE)) continue
      enrolled = withHolder(enrolled, key.slice(ANYONE.length), person.id, untilOf(membership))
    }
    this.#put(account, enrolled)
  }

  #put(before: Account, after: Account): void {
    if (after === before) return
    if (!this.#before.has(after.id)) this.#before.set(after.id, before)
    this.#drafts.set(after.id, this.#pruned(after))
  }

  /** Without conditions that nothing asks any more. */
  #pruned(account: Account): Account {
    const asked = Object.entries(account.holding).filter(([condition]) => this.#plan.anyone.has(condition))
    if (asked.length === Object.keys(account.holding).length) return account
    return { ...account, holding: Object.fromEntries(asked) }
  }
}

/** Until when somebody is in; undefined: they are not. */
function untilOf(membership: Membership | undefined): number | undefined {
  return membership?.in === true ? (membership.until ?? Number.POSITIVE_INFINITY) : undefined
}
