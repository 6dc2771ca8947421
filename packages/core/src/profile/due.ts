import type { Profile } from './profile.ts'

/** When something of a person may change without an event: the instant of their one timer (R5). Infinity: never. */
export function dueOf({ memberships }: Pick<Profile, 'memberships'>): number {
  let due = Number.POSITIVE_INFINITY
  if (memberships !== undefined) {
    for (const key of Object.keys(memberships)) due = Math.min(due, memberships[key]!.until ?? Number.POSITIVE_INFINITY)
  }
  return due
}
