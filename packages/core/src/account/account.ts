import type { Profile } from '../profile/profile.ts'

/** Every bound of an account (R11). Its traits are bounded as a person's are. */
export const ACCOUNT_LIMITS = {
  /** People: whoever comes later belongs to it by their own profile, but is not counted among anyone of it. */
  members: 1000,
} as const

/**
 * A company: what the group calls of everybody said of it, and who belongs to it. Plain JSON. What it holds is never changed in
 * place: a change puts a new one there.
 */
export interface Account {
  /** The group id. */
  readonly id: string
  /** Of each key the newest statement, whoever made it (R10). */
  readonly traits: Profile['traits']
  /** Ids of the people who belong to it, in order of arrival. */
  readonly members: readonly string[]
  /**
   * For each condition on anyone of it, by its text, and each member who fulfils it: until when they do without an event, epoch
   * milliseconds; null: for ever.
   */
  readonly holding: Readonly<Record<string, Readonly<Record<string, number | null>>>>
}

export function newAccount(id: string): Account {
  return { id, traits: {}, members: [], holding: {} }
}
