import type { ConsideredAccount } from '../segment/subject.ts'
import type { Account } from './account.ts'

const known = new WeakMap<Account, ConsideredAccount>()

/** What conditions look at of an account: of the members who fulfil a condition, the one who does so longest. */
export function considered(account: Account): ConsideredAccount {
  let found = known.get(account)
  if (found === undefined) {
    const { id, traits } = account
    const holding: Record<string, number> = {}
    for (const [condition, holders] of Object.entries(account.holding)) {
      let longest = Number.NEGATIVE_INFINITY
      for (const person in holders) longest = Math.max(longest, holders[person] ?? Number.POSITIVE_INFINITY)
      holding[condition] = longest
    }
    found = { id, traits, holding }
    known.set(account, found)
  }
  return found
}

/**
 * Whether the truth of others may be another since an account changed. That somebody fulfils a condition for longer is none: who
 * counts on it looks again when it would have been over.
 */
export function isOther(before: Account, after: Account, now: number): boolean {
  if (before.traits !== after.traits && !isSaidAlike(before.traits, after.traits)) return true
  const [was, is] = [considered(before).holding, considered(after).holding]
  for (const condition of new Set([...Object.keys(was), ...Object.keys(is)])) {
    const [held, holds] = [was[condition] ?? now, is[condition] ?? now]
    if (held > now !== holds > now || (held > now && holds < held)) return true
  }
  return false
}

function isSaidAlike(a: Account['traits'], b: Account['traits']): boolean {
  const names = Object.keys(a)
  return (
    names.length === Object.keys(b).length &&
    names.every(name => Object.hasOwn(b, name) && JSON.stringify(a[name]!.value) === JSON.stringify(b[name]!.value))
  )
}
