import type { Condition } from '@espalier/core/segment'
import type { Asked } from './asked.ts'
import { account } from './conditions/account.ts'
import { calendar } from './conditions/calendar.ts'
import { did } from './conditions/did.ts'
import { consent, feedback, person, preference, subscription } from './conditions/facts.ts'
import { sequence } from './conditions/sequence.ts'
import { session } from './conditions/session.ts'
import { struggling } from './conditions/struggling.ts'
import { trait } from './conditions/trait.ts'
import { computed, value } from './conditions/value.ts'
import { members } from './members.ts'
import { NotInSql } from './notInSql.ts'

/**
 * A condition as SQL that is 1 or 0 of a person's columns, which it adds to what is asked. `place` is where it stands in the whole;
 * `inside` the segments it stands in.
 */
export function conditionSql(condition: Condition, asked: Asked, place = '', inside: readonly string[] = []): string {
  const part = (inner: Condition, step: string) => conditionSql(inner, asked, joined(place, step), inside)
  if ('all' in condition) return `(${condition.all.map((one, i) => part(one, `all[${i}]`)).join(' AND ')})`
  if ('any' in condition) return `(${condition.any.map((one, i) => part(one, `any[${i}]`)).join(' OR ')})`
  if ('not' in condition) return `NOT ${part(condition.not, 'not')}`
  if ('segment' in condition) {
    const { segment: key } = condition
    if (inside.includes(key)) throw new NotInSql(place, `names "${key}", which leads back to itself.`)
    const inner = asked.named(asked.language.segments, key, place)
    return conditionSql(inner, asked, joined(place, `segment ${JSON.stringify(key)}`), [...inside, key])
  }
  if ('trait' in condition) return trait(condition, asked)
  if ('did' in condition) return did(condition, asked)
  if ('value' in condition) return value(condition, asked)
  if ('computed' in condition) return computed(condition, asked, place)
  if ('sequence' in condition) return sequence(condition, asked)
  if ('session' in condition) return session(condition, asked)
  if ('struggling' in condition) return struggling(condition, asked)
  if ('account' in condition) {
    const where = joined(place, 'account.anyone')
    return account(condition, asked, others => {
      const { account: of } = condition
      return 'anyone' in of ? members(of.anyone, others, where, inside) : ''
    })
  }
  if ('consent' in condition) return consent(condition, asked)
  if ('subscription' in condition) return subscription(condition, asked)
  if ('preference' in condition) return preference(condition, asked)
  if ('feedback' in condition) return feedback(condition, asked)
  if ('person' in condition) return person(condition, asked, place)
  if ('calendar' in condition) return calendar(condition, asked)
  if ('score' in condition) {
    throw new NotInSql(joined(place, 'score'), 'asks for a score, and what models predicted is not in the log.')
  }
  const what = 'context' in condition ? 'context' : 'time'
  throw new NotInSql(joined(place, what), `asks for the ${what} of a decision, and a segment has none.`)
}

function joined(place: string, step: string): string {
  return place === '' ? step : `${place}.${step}`
}
