import { compileComparisons } from '../filter/comparison.ts'
import { splitPath, valueAt } from '../filter/path.ts'
import type { Json, JsonObject } from '../json.ts'
import type { InputSpec } from '../policy/spec.ts'
import { compiler } from '../segment/compile.ts'
import type { Condition } from '../segment/condition.ts'
import type { Language } from '../segment/language.ts'
import { knownZone } from '../time/zone.ts'
import { inputFact } from './policies.ts'
import { isOfVisit, visitOf } from './visit.ts'

/** What the log knows of a decision. */
export interface LoggedSubject {
  readonly inputs: JsonObject
  readonly context: JsonObject
  /** Epoch milliseconds. */
  readonly at: number
  /** Version of the definitions it was made under; 0: it was made elsewhere. */
  readonly definitions?: number
}

/** A value that a decision must have looked at, or it is not in the log: where it stands in `inputs`. */
export interface LoggedNeed {
  readonly part: 'traits' | 'facts'
  readonly name: string
}

export interface LoggedCondition {
  readonly test: (subject: LoggedSubject) => boolean
  readonly needs: readonly LoggedNeed[]
  /** Whether the log of this one decision tells its truth; undefined: where it has the needs. */
  readonly knows?: (subject: LoggedSubject) => boolean
}

/**
 * The context is in the log as the caller sent it. What the visit was like is made of it, and is among what was looked at where a
 * decision did so; of decisions made elsewhere it may have been imported.
 */
function contextReader(path: string): (subject: LoggedSubject) => Json | undefined {
  const steps = splitPath(path)
  if (!isOfVisit(steps)) return ({ context }) => valueAt(context, steps)
  const rest = steps.slice(1)
  return ({ inputs, context }) =>
    valueAt(inputs.context, [path]) ?? valueAt(visitOf(context), rest) ?? valueAt(context, steps)
}

/** Why a condition cannot be asked of the log. */
export class NotLogged extends RangeError {}

/** The value as the decision saw it; undefined where it was missing then, or not looked at. */
export function loggedValue({ inputs }: Pick<LoggedSubject, 'inputs'>, { part, name }: LoggedNeed): Json | undefined {
  const values = inputs[part]
  return typeof values === 'object' && values !== null && !Array.isArray(values) && Object.hasOwn(values, name)
    ? values[name]
    : undefined
}

/**
 * A condition, to be asked of logged decisions as it would have been asked of the person then. Throws `NotLogged` for what a decision
 * does not write down as a value; a segment or computed trait of it can be.
 */
export function compileLogged(condition: Condition, language: Language): LoggedCondition {
  if ('all' in condition) return together(condition.all, language, 'every')
  if ('any' in condition) return together(condition.any, language, 'some')
  if ('not' in condition) {
    const inner = compileLogged(condition.not, language)
    return { ...inner, test: subject => !inner.test(subject) }
  }
  if ('trait' in condition) {
    const { trait, ...comparisons } = condition
    return compared({ part: 'traits', name: trait }, comparisons)
  }
  if ('computed' in condition) {
    const { computed, ...comparisons } = condition
    return compared({ part: 'facts', name: `computed:${computed}` }, comparisons)
  }
  if ('value' in condition) {
    const { value, ...comparisons } = condition
    return compared({ part: 'facts', name: `value:${JSON.stringify(value)}` }, comparisons)
  }
  if ('segment' in condition) {
    const need: LoggedNeed = { part: 'facts', name: `segment:${condition.segment}` }
    return { test: subject => loggedValue(subject, need) === true, needs: [need] }
  }
  if ('context' in condition) {
    const { context, ...comparisons } = condition
    const read = contextReader(context)
    const test = compileComparisons(comparisons)
    return { test: subject => test(read(subject), subject.at), needs: [] }
  }
  if ('time' in condition || 'calendar' in condition) return byClock(condition, language)
  const [name = ''] = Object.keys(condition)
  throw new NotLogged(
    `"${name}" cannot be asked of the log: make a segment of it, let the experience look at that, and ask again when enough people have been seen`,
  )
}

/**
 * What a clock or the calendar shows. What the clock showed is in the log where the decision asked just this; else it is asked anew. By
 * the person's clock that takes the zone: what a decision of ours knew of it besides the context is not in the log.
 */
function byClock(condition: Condition, language: Language): LoggedCondition {
  const { test, reads } = compiler(language)(condition)
  const asked = (subject: LoggedSubject) =>
    'time' in condition ? loggedValue(subject, { part: 'facts', name: reads.facts[0]!.name }) : undefined
  const anew = ({ context, at }: LoggedSubject) => test({ profile: { traits: {}, signals: {} }, context, now: at })
  const isPersons = 'time' in condition && condition.time.zone === 'person'
  return {
    test: subject => {
      const then = asked(subject)
      return typeof then === 'boolean' ? then : anew(subject)
    },
    needs: [],
    ...(isPersons && {
      knows: subject =>
        subject.definitions === 0 ||
        knownZone(subject.context.timezone) !== undefined ||
        typeof asked(subject) === 'boolean',
    }),
  }
}

function together(parts: readonly Condition[], language: Language, how: 'every' | 'some'): LoggedCondition {
  const compiled = parts.map(part => compileLogged(part, language))
  return {
    test: subject => compiled[how](({ test }) => test(subject)),
    needs: compiled.flatMap(({ needs }) => needs),
    ...knowsAll(compiled),
  }
}

/** Whether the log of a decision tells all of these. */
function knowsAll(compiled: readonly Pick<LoggedCondition, 'knows'>[]): Pick<LoggedCondition, 'knows'> {
  const each = compiled.flatMap(({ knows }) => (knows === undefined ? [] : [knows]))
  return each.length === 0 ? {} : { knows: subject => each.every(knows => knows(subject)) }
}

function compared(need: LoggedNeed, comparisons: Parameters<typeof compileComparisons>[0]): LoggedCondition {
  const test = compileComparisons(comparisons)
  return { test: subject => test(loggedValue(subject, need), subject.at), needs: [need] }
}

/** An input of a policy, read from the log. One that is a condition is there where that experience itself asked it, or is asked anew. */
export function compileLoggedInput(
  experience: string,
  { key, from }: InputSpec,
  language?: Language,
): Pick<LoggedCondition, 'needs' | 'knows'> & { readonly read: (subject: LoggedSubject) => Json | undefined } {
  if ('context' in from) return { read: contextReader(from.context), needs: [] }
  if ('when' in from && language !== undefined) {
    const { test, ...rest } = compileLogged(from.when, language)
    return { read: test, ...rest }
  }
  const need: LoggedNeed =
    'trait' in from
      ? { part: 'traits', name: from.trait }
      : { part: 'facts', name: 'computed' in from ? `computed:${from.computed}` : inputFact(experience, key) }
  return { read: subject => loggedValue(subject, need), needs: [need] }
}
