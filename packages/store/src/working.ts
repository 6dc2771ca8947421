import type { Account } from '@espalier/core/account'
import type { MergedProfile, Profile } from '@espalier/core/profile'
import type { People } from '@espalier/core/stream'

/** What a commit starts from. */
export interface PeopleState {
  link(identifier: string): string | undefined
  profile(id: string): Profile | MergedProfile | undefined
  account(id: string): Account | undefined
  seen(messageId: string, received: number): boolean
  imported(file: string, row: number): boolean
}

/** The state a batch is applied to, and everything the batch wrote on it: an adapter makes that durable as a whole, or drops it. */
export class WorkingPeople implements People {
  /** Undefined: taken away. */
  readonly links = new Map<string, string | undefined>()
  /** Undefined: taken away. */
  readonly profiles = new Map<string, Profile | MergedProfile | undefined>()
  /** Undefined: taken away. */
  readonly accounts = new Map<string, Account | undefined>()
  /** messageId to received time. */
  readonly messages = new Map<string, number>()
  readonly imports = new Map<string, { file: string; row: number }>()
  readonly #state: PeopleState

  constructor(state: PeopleState) {
    this.#state = state
  }

  link(identifier: string): string | undefined {
    return this.links.has(identifier) ? this.links.get(identifier) : this.#state.link(identifier)
  }

  setLink(identifier: string, source: string): void {
    this.links.set(identifier, source)
  }

  unlink(identifier: string): void {
    this.links.set(identifier, undefined)
  }

  profile(id: string): Profile | MergedProfile | undefined {
    return this.profiles.has(id) ? this.profiles.get(id) : this.#state.profile(id)
  }

  put(profile: Profile | MergedProfile): void {
    this.profiles.set(profile.id, profile)
  }

  remove(id: string): void {
    this.profiles.set(id, undefined)
  }

  account(id: string): Account | undefined {
    return this.accounts.has(id) ? this.accounts.get(id) : this.#state.account(id)
  }

  putAccount(account: Account): void {
    this.accounts.set(account.id, account)
  }

  removeAccount(id: string): void {
    this.accounts.set(id, undefined)
  }

  seen(messageId: string, received: number): boolean {
    if (this.messages.has(messageId) || this.#state.seen(messageId, received)) return true
    this.messages.set(messageId, received)
    return false
  }

  imported(file: string, row: number): boolean {
    const key = importKey(file, row)
    if (this.imports.has(key) || this.#state.imported(file, row)) return true
    this.imports.set(key, { file, row })
    return false
  }
}

export function importKey(file: string, row: number): string {
  return `${file}:${row}`
}
