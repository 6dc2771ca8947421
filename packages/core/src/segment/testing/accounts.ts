import { compiler } from '../compile.ts'
import type { Condition } from '../condition.ts'
import { anyoneKey } from '../conditions/account.ts'
import type { Language } from '../language.ts'
import type { ConsideredAccount } from '../subject.ts'
import type { Life } from './life.ts'
import type { Oracle } from './oracle.ts'

/** What is known of a person's accounts at an instant, as whoever keeps accounts would give it to a condition. */
export function accountsAt(
  life: Life,
  oracle: Oracle,
  person: string,
  now: number,
  conditions: readonly Condition[],
  language: Language,
): ConsideredAccount[] {
  const compile = compiler(language)
  const asked = new Map(conditions.flatMap(anyones).map(anyone => [anyoneKey({ anyone }), compile(anyone)]))
  const belongs = (id: string) => oracle.people(now).filter(other => oracle.accounts(other, now).includes(id))
  return oracle.accounts(person, now).map(id => {
    const holding = [...asked].flatMap(([key, condition]) => {
      const truths = belongs(id).map(other => condition.truth({ profile: life.person(other)!, context: {}, now }))
      const until = Math.max(...truths.filter(({ value }) => value).map(({ until }) => until))
      return until > now ? [[key, until] as const] : []
    })
    const traits = Object.entries(oracle.accountTraits(id, now)).map(
      ([name, value]) => [name, { value, at: 0, lag: 0, index: 0, hash: 0 }] as const,
    )
    return { id, traits: Object.fromEntries(traits), holding: Object.fromEntries(holding) }
  })
}

/** The conditions on anyone of an account in a condition. */
function anyones(condition: Condition): Condition[] {
  if ('all' in condition) return condition.all.flatMap(anyones)
  if ('any' in condition) return condition.any.flatMap(anyones)
  if ('not' in condition) return anyones(condition.not)
  return 'account' in condition && 'anyone' in condition.account ? [condition.account.anyone] : []
}
