import type { JsonObject } from '../json.ts'
import { Aggregates } from './aggregates.ts'
import type { Condition, SegmentCondition } from './condition.ts'
import { account } from './conditions/account.ts'
import { all } from './conditions/all.ts'
import { any } from './conditions/any.ts'
import { calendar } from './conditions/calendar.ts'
import { context } from './conditions/context.ts'
import { did } from './conditions/did.ts'
import { consent, feedback, person, preference, score, subscription } from './conditions/facts.ts'
import { not } from './conditions/not.ts'
import { sequence } from './conditions/sequence.ts'
import { session } from './conditions/session.ts'
import { struggling } from './conditions/struggling.ts'
import { time } from './conditions/time.ts'
import { trait } from './conditions/trait.ts'
import { computed, value } from './conditions/value.ts'
import { type Language, NO_NAMES } from './language.ts'
import { type CompiledCondition, READS_NOTHING, unionReads, verdict } from './node.ts'
import { once, type Subject, type Truth } from './subject.ts'

/** Makes a valid condition ready to be asked. Throws where it is none; `validate` says why in words. */
export function compileCondition(condition: Condition, language: Language = NO_NAMES): CompiledCondition {
  return compiler(language)(condition)
}

/** Compiles conditions of one language; a segment that several name, and what several say, is compiled once. */
export function compiler(language: Language): (condition: Condition) => CompiledCondition {
  const segments = new Map<string, CompiledCondition>()
  const said = new Map<string, Said>()
  const aggregates = new Aggregates(language.zone)
  const compile = (condition: Condition): CompiledCondition => {
    const text = JSON.stringify(condition)
    const before = said.get(text)
    if (before !== undefined) before.often = true
    const one = before ?? askedOnce(make(condition))
    said.set(text, one)
    return one.condition
  }
  const make = (condition: Condition): CompiledCondition => {
    if ('all' in condition) return all(condition.all.map(compile))
    if ('any' in condition) return any(condition.any.map(compile))
    if ('not' in condition) return not(compile(condition.not))
    if ('trait' in condition) return trait(condition)
    if ('context' in condition) return context(condition)
    if ('did' in condition) return did(condition)
    if ('value' in condition) return value(condition, aggregates)
    if ('computed' in condition) return computed(condition, named(language.computed, condition.computed), aggregates)
    if ('segment' in condition) return segment(condition)
    if ('sequence' in condition) return sequence(condition)
    if ('session' in condition) return session(condition)
    if ('struggling' in condition) return struggling(condition)
    if ('account' in condition) return account(condition, inAccount(condition.account))
    if ('consent' in condition) return consent(condition)
    if ('subscription' in condition) return subscription(condition)
    if ('preference' in condition) return preference(condition)
    if ('feedback' in condition) return feedback(condition)
    if ('score' in condition) return score(condition)
    if ('person' in condition) return person(condition)
    if ('calendar' in condition) return calendar(condition, language.calendar)
    return time(condition, language.zone)
  }
  const inAccount = (asked: Extract<Condition, { account: unknown }>['account']) =>
    'anyone' in asked ? compile(asked.anyone) : undefined
  /** Always what the segment's own condition says at this moment, whatever was last noted of the membership. */
  const segment = (condition: SegmentCondition): CompiledCondition => {
    const { segment: key } = condition
    let inner = segments.get(key)
    if (inner === undefined) {
      inner = compile(named(language.segments, key))
      segments.set(key, inner)
    }
    const { explain, reads, ...same } = inner
    return {
      ...same,
      explain: subject => ({
        condition: condition as JsonObject,
        ...verdict(inner.truth(subject)),
        parts: [explain(subject)],
      }),
      reads: unionReads([reads, { ...READS_NOTHING, facts: [{ name: `segment:${key}`, read: inner.test }] }]),
    }
  }
  return compile
}

/** A condition, and whether it is said more than once. */
interface Said {
  readonly condition: CompiledCondition
  often: boolean
}

/** What is said often is asked once of a subject that remembers. */
function askedOnce(condition: CompiledCondition): Said {
  const truth = (subject: Subject): Truth =>
    said.often ? once(subject, said, () => condition.truth(subject)) : condition.truth(subject)
  const said: Said = { condition: { ...condition, truth }, often: false }
  return said
}

function named<T>(names: ReadonlyMap<string, T>, name: string): T {
  const found = names.get(name)
  if (found === undefined) throw new RangeError(`nothing is called "${name}"`)
  return found
}
