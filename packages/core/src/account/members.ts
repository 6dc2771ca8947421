import { ACCOUNT_LIMITS, type Account } from './account.ts'

/** The account with somebody who belongs to it from now on; the same one where they do already, or where it is full. */
export function withMember(account: Account, person: string): Account {
  const { members } = account
  if (members.length >= ACCOUNT_LIMITS.members || members.includes(person)) return account
  return { ...account, members: [...members, person] }
}

/** The account without somebody, and without what they fulfil. */
export function withoutMember(account: Account, person: string): Account {
  if (!account.members.includes(person)) return account
  let without: Account = { ...account, members: account.members.filter(member => member !== person) }
  for (const condition of Object.keys(account.holding)) without = withHolder(without, condition, person, undefined)
  return without
}

/** The account when a member fulfils a condition until an instant; undefined: they do not. The same one where that is known. */
export function withHolder(account: Account, condition: string, person: string, until: number | undefined): Account {
  const holders = account.holding[condition] ?? {}
  const stored = until === undefined || Number.isFinite(until) ? until : null
  if (holders[person] === stored || (stored !== undefined && !account.members.includes(person))) return account
  const { [person]: _, ...others } = holders
  const next = stored === undefined ? others : { ...others, [person]: stored }
  const { [condition]: __, ...holding } = account.holding
  return {
    ...account,
    holding: Object.keys(next).length === 0 ? holding : { ...holding, [condition]: next },
  }
}
