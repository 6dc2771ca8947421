import { compileComparison } from '../../filter/comparison.ts'
import { splitPath, valueAt } from '../../filter/path.ts'
import type { Json, JsonObject } from '../../json.ts'
import type {
  ConsentCondition,
  FeedbackCondition,
  PersonCondition,
  PreferenceCondition,
  ScoreCondition,
  SubscriptionCondition,
} from '../condition.ts'
import { compared, leaf } from '../leaf.ts'
import { type CompiledCondition, type Facet, READS_NOTHING, TOUCHED_BY_NOTHING } from '../node.ts'
import type { Considered, Subject } from '../subject.ts'

type Read = (profile: Considered) => Json | undefined

/** Holds when the preference last stated compares as stated. */
export function preference({ preference: path, ...comparisons }: PreferenceCondition): CompiledCondition {
  const [name = '', ...rest] = splitPath(path)
  const read: Read = ({ preferences }) => valueAt(own(preferences, name)?.value, rest)
  return fact({ preference: path, ...comparisons }, `preference:${path}`, read, 'preferences', comparisons)
}

/** Holds when the last answer to the survey compares as stated. */
export function feedback({ feedback: name, ...comparisons }: FeedbackCondition): CompiledCondition {
  const read: Read = ({ feedback: given }) => own(given, name)?.value ?? undefined
  return fact({ feedback: name, ...comparisons }, `feedback:${name}`, read, 'feedback', comparisons)
}

/** Holds when the score last given compares as stated. */
export function score({ score: name, ...comparisons }: ScoreCondition): CompiledCondition {
  const read: Read = ({ scores }) => own(scores, name)?.value
  return fact({ score: name, ...comparisons }, `score:${name}`, read, 'scores', comparisons)
}

/** What `person` may name: facts that are plain data and no identifier. */
export const PERSON_FACTS = ['device', 'locale', 'timezone', 'acquisition', 'firstSeen', 'lastSeen', 'events'] as const

type PersonFact = (typeof PERSON_FACTS)[number]

/** Instants are text, as everywhere in the language. */
function factOf(profile: Considered, name: PersonFact): unknown {
  const fact = profile[name]
  const isInstant = (name === 'firstSeen' || name === 'lastSeen') && fact !== undefined
  return isInstant ? new Date(fact as number).toISOString() : fact
}

/** Holds when what is known of the person besides traits compares as stated. */
export function person({ person: path, ...comparisons }: PersonCondition): CompiledCondition {
  const [name = '', ...rest] = splitPath(path)
  const isFact = (PERSON_FACTS as readonly string[]).includes(name)
  const read: Read = profile => (isFact ? valueAt(factOf(profile, name as PersonFact), rest) : undefined)
  return fact({ person: path, ...comparisons }, `person:${path}`, read, 'person', comparisons)
}

/** Holds when the last statement for the purpose was this. */
export function consent(condition: ConsentCondition): CompiledCondition {
  const { consent: purpose, is } = condition
  const read: Read = profile => own(profile.consent, purpose)?.granted
  return equal(condition, `consent:${purpose}`, read, 'consent', is)
}

/** Holds when the last statement for the list or channel was this. */
export function subscription(condition: SubscriptionCondition): CompiledCondition {
  const { subscription: list, is } = condition
  const read: Read = profile => own(profile.subscriptions, list)?.value
  return equal(condition, `subscription:${list}`, read, 'subscriptions', is)
}

function fact(
  condition: JsonObject,
  name: string,
  read: Read,
  facet: Facet,
  comparisons: Parameters<typeof compileComparison>[0],
): CompiledCondition {
  return compared({
    condition,
    read: ({ profile }) => read(profile),
    comparison: compileComparison(comparisons),
    ...about(name, read, facet),
  })
}

function equal(condition: JsonObject, name: string, read: Read, facet: Facet, is: Json): CompiledCondition {
  return leaf({
    condition,
    test: ({ profile }) => read(profile) === is,
    actual: ({ profile }) => ({ actual: read(profile) ?? null }),
    ...about(name, read, facet),
  })
}

function about(name: string, read: Read, facet: Facet): Pick<CompiledCondition, 'reads' | 'touched'> {
  return {
    reads: { ...READS_NOTHING, facts: [{ name, read: ({ profile }: Subject) => read(profile) }] },
    touched: { ...TOUCHED_BY_NOTHING, facets: [facet] },
  }
}

function own<T>(record: Readonly<Record<string, T>> | undefined, name: string): T | undefined {
  return record !== undefined && Object.hasOwn(record, name) ? record[name] : undefined
}
