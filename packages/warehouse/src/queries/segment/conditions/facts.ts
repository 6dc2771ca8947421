import { FACT_EVENTS } from '@espalier/core/profile'
import {
  type ConsentCondition,
  type FeedbackCondition,
  PERSON_FACTS,
  type PersonCondition,
  type PreferenceCondition,
  type SubscriptionCondition,
} from '@espalier/core/segment'
import { textAt } from '../../../sql/json.ts'
import type { Asked } from '../asked.ts'
import { comparisonsSql } from '../comparisons.ts'
import { NotInSql } from '../notInSql.ts'
import { mentions } from '../rows.ts'
import { boundedJson, lastStated } from '../statement.ts'
import { isWithin, jsonText, jsonValue, MISSING, numberValue, type SqlValue } from '../value.ts'

/** Tracks of these names; a page may be called the same and states nothing. */
function tracked(asked: Asked, ...names: readonly string[]): string {
  const oneOf = `IN (${names.map(name => asked.text(name)).join(', ')})`
  asked.need(`type = 'track' AND name ${oneOf}`)
  return `e.type = 'track' AND e.name ${oneOf}`
}

export function preference({ preference: path, ...comparisons }: PreferenceCondition, asked: Asked): string {
  const [name = '', ...rest] = path.split('.')
  if (name === '__proto__') return comparisonsSql(MISSING, comparisons, asked, asked.at)
  const at = `e.properties, ${asked.text(name)}`
  const stated = `if(${tracked(asked, FACT_EVENTS.preferences)}, ${boundedJson(`JSONExtractRaw(${at})`)}, '')`
  const last = lastStated(asked, stated)
  const steps = rest.map(step => `, ${asked.text(step)}`).join('')
  return comparisonsSql(jsonValue(`${last}${steps}`), comparisons, asked, asked.at)
}

/** The last answer: a score that is a number, else an answer of any kind. */
export function feedback({ feedback: survey, ...comparisons }: FeedbackCondition, asked: Asked): string {
  if (survey === '__proto__') return comparisonsSql(MISSING, comparisons, asked, asked.at)
  const names = [
    FACT_EVENTS.survey,
    ...(survey === 'nps' ? [FACT_EVENTS.nps] : []),
    ...(survey === 'csat' ? [FACT_EVENTS.csat] : []),
  ]
  const isSurvey = `(e.name != ${asked.text(FACT_EVENTS.survey)} OR ${textAt(`e.properties, 'survey'`)} = ${asked.text(survey)})`
  const isScore = `JSONType(e.properties, 'score') IN ('Int64', 'UInt64', 'Double')`
  const answer = `if(${isScore}, JSONExtractRaw(e.properties, 'score'), JSONExtractRaw(e.properties, 'answer'))`
  const stated = `if(${tracked(asked, ...names)} AND ${isSurvey}, ${boundedJson(answer)}, '')`
  return comparisonsSql(jsonValue(lastStated(asked, stated)), comparisons, asked, asked.at)
}

/** The list named by `list` or `list_id`, else the channel, else `email`. */
export function subscription({ subscription: list, is }: SubscriptionCondition, asked: Asked): string {
  const [list_, id, channel] = ['list', 'list_id', 'channel'].map(key => textAt(`e.properties, '${key}'`))
  const named = `multiIf(${list_} != '', ${list_}, ${id} != '', ${id}, ${channel} != '', ${channel}, 'email')`
  const isTracked = tracked(asked, FACT_EVENTS.subscribed, FACT_EVENTS.unsubscribed)
  const stated = `if(${isTracked} AND ${named} = ${asked.text(list)}, e.name, '')`
  const event = is === 'subscribed' ? FACT_EVENTS.subscribed : FACT_EVENTS.unsubscribed
  return `(${lastStated(asked, stated)} = ${asked.text(event)})`
}

/** `context.consent.categoryPreferences` of any event. A refusal for which its own event was not stored is in no log. */
export function consent({ consent: purpose, is }: ConsentCondition, asked: Asked): string {
  if (purpose === '__proto__') return '0'
  asked.need(mentions('context', 'categoryPreferences'))
  const at = `e.context, 'consent', 'categoryPreferences', ${asked.text(purpose)}`
  const stated = `if(${mentions('e.context', 'categoryPreferences')} AND JSONType(${at}) = 'Bool', JSONExtractRaw(${at}), '')`
  return `(${lastStated(asked, stated)} = '${is}')`
}

/** Characters of a locale or zone: longer ones are none. */
const LONGEST = 100

export function person({ person: path, ...comparisons }: PersonCondition, asked: Asked, place: string): string {
  const [name = '', ...rest] = path.split('.')
  const isFact = (PERSON_FACTS as readonly string[]).includes(name)
  const isKnown = name === 'locale' || name === 'timezone' || name === 'events'
  if (isFact && !isKnown) {
    throw new NotInSql(
      `${place === '' ? '' : `${place}.`}person`,
      `asks for ${path}, which is made of events as they come.`,
    )
  }
  const value = isKnown && rest.length === 0 ? personValue(name, asked) : MISSING
  return comparisonsSql(value, comparisons, asked, asked.at)
}

function personValue(name: 'locale' | 'timezone' | 'events', asked: Asked): SqlValue {
  if (name === 'events') {
    asked.need('1')
    return numberValue(asked.aggregate('count()'))
  }
  const text = textAt(`e.context, '${name}'`)
  asked.need(mentions('context', name))
  const said = `if(${mentions('e.context', name)} AND ${text} != '' AND ${isWithin(text, LONGEST)}, ${jsonText(text)}, '')`
  return jsonValue(lastStated(asked, said))
}
