import Type, { type TSchema } from 'typebox'
import { expressionProblem } from '../filter/re.ts'
import { type Path, type Problem, problem } from '../problem/problem.ts'
import { kindOf, schemaProblems } from '../problem/schemaProblems.ts'
import { nearest } from '../problem/suggest.ts'
import type { Aggregate } from '../segment/aggregate.ts'
import {
  CalendarCondition,
  ComputedCondition,
  ConsentCondition,
  ContextCondition,
  DidCondition,
  FeedbackCondition,
  PersonCondition,
  PreferenceCondition,
  ScoreCondition,
  SegmentCondition,
  SequenceCondition,
  SessionCondition,
  StrugglingCondition,
  SubscriptionCondition,
  TimeCondition,
  TraitCondition,
  ValueCondition,
} from '../segment/condition.ts'
import { SIGNAL_LIMITS } from '../signal/limits.ts'
import { durationMs } from '../time/duration.ts'
import { parseInstant } from '../time/instant.ts'
import { comparedKindProblems } from './comparedKinds.ts'
import { contradictions, partContradictions } from './contradictions.ts'
import { personProblems } from './personProblems.ts'
import type { Surroundings } from './references.ts'

/** Where a condition is written: an audience is asked at a decision, which has a context; a segment has none. */
export type ConditionPlace = 'audience' | 'segment'

const Parts = Type.Array(Type.Unknown(), { minItems: 1, maxItems: 100 })
const closed = { additionalProperties: false } as const

/** The shapes of a condition, by the name that tells them apart. */
const SHAPES: Readonly<Record<string, TSchema>> = {
  all: Type.Object({ all: Parts }, closed),
  any: Type.Object({ any: Parts }, closed),
  not: Type.Object({ not: Type.Unknown() }, closed),
  trait: TraitCondition,
  context: ContextCondition,
  did: DidCondition,
  value: ValueCondition,
  computed: ComputedCondition,
  sequence: SequenceCondition,
  session: SessionCondition,
  struggling: StrugglingCondition,
  segment: SegmentCondition,
  account: Type.Object({ account: Type.Object({}) }, closed),
  consent: ConsentCondition,
  subscription: SubscriptionCondition,
  preference: PreferenceCondition,
  feedback: FeedbackCondition,
  score: ScoreCondition,
  person: PersonCondition,
  calendar: CalendarCondition,
  time: TimeCondition,
}
const NAMES = Object.keys(SHAPES)

/** What others call a condition, where the name that looks most like it means something else: "and" is not "any". */
const ALSO_CALLED: Readonly<Record<string, string>> = {
  and: 'all',
  or: 'any',
  none: 'not',
  event: 'did',
  events: 'did',
}

/** A condition may nest so deep, and have so many parts in all (R11). */
const DEEPEST = 20
const MOST_PARTS = 500

/**
 * What is wrong with a condition. The schema alone would say that none of its shapes fits; this finds the shape that was
 * meant and says what is wrong with it. With `surroundings`, what it names must exist.
 */
export function conditionProblems(
  condition: unknown,
  path: Path,
  place: ConditionPlace = 'audience',
  surroundings?: Surroundings,
): Problem[] {
  const parts = { left: MOST_PARTS }
  const problems = partProblems(condition, path, { place, surroundings, parts, depth: 0, inAccount: false })
  if (parts.left >= 0) return problems
  return [problem(path, `the condition has more than ${MOST_PARTS} parts`, 'make segments of its parts and name them')]
}

interface Where {
  readonly place: ConditionPlace
  readonly surroundings: Surroundings | undefined
  readonly parts: { left: number }
  readonly depth: number
  readonly inAccount: boolean
}

function partProblems(condition: unknown, path: Path, where: Where): Problem[] {
  if (--where.parts.left < 0) return []
  if (where.depth > DEEPEST) {
    return [
      problem(path, `the condition is nested deeper than ${DEEPEST}`, 'make a segment of the inner part and name it'),
    ]
  }
  if (typeof condition !== 'object' || condition === null || Array.isArray(condition)) {
    const mend = 'write an object such as {"trait": "plan", "is": "pro"}; join several by all, any and not'
    return [problem(path, `a condition must be an object, but is ${kindOf(condition)}`, mend)]
  }
  const meant = NAMES.filter(name => Object.hasOwn(condition, name))
  // `value` and the like are also what a comparison could be called; the first that is a condition of its own is meant.
  if (meant.length > 1) {
    const message = `one condition says one thing, but here are ${meant.join(' and ')}`
    return [problem(path, message, 'make each its own condition and join them by {"all": [...]} or {"any": [...]}')]
  }
  const [shape] = meant
  if (shape === undefined) {
    const [first] = Object.keys(condition)
    if (first === undefined) return [problem(path, 'the condition is empty', `name one of ${NAMES.join(', ')}`)]
    const mend = Object.hasOwn(ALSO_CALLED, first)
      ? `did you mean "${ALSO_CALLED[first]}"?`
      : nearest(first, NAMES, 'conditions')
    return [problem([...path, first], `"${first}" is no condition`, mend)]
  }
  const body = condition as Record<string, unknown>
  const inner = body[shape]
  const deeper = { ...where, depth: where.depth + 1 }
  if (shape === 'account')
    return [...schemaProblems(SHAPES.account!, condition, path), ...accountProblems(inner, path, deeper)]
  const problems = schemaProblems(SHAPES[shape]!, condition, path)
  if (shape === 'not') problems.push(...partProblems(inner, [...path, 'not'], deeper))
  if (shape === 'all' || shape === 'any') {
    if (!Array.isArray(inner)) return problems
    problems.push(...inner.flatMap((part, i) => partProblems(part, [...path, shape, i], deeper)))
  }
  if (shape === 'any') return problems
  if (shape === 'not' || shape === 'all') return problems.length > 0 ? problems : partContradictions(body, path)
  return problems.length > 0 ? problems : meaningProblems(shape, body, path, where)
}

/** What the shape cannot say. */
function meaningProblems(shape: string, body: Record<string, unknown>, path: Path, where: Where): Problem[] {
  const found = expressionProblems(body, path)
  if ((shape === 'context' || shape === 'time') && where.place === 'segment') {
    const message = `a segment cannot ask for the ${shape === 'time' ? 'time' : 'context'} of a decision`
    found.push(problem([...path, shape], message, 'put it in the audience of an experience, beside {"segment": ...}'))
  }
  if (shape === 'did') found.push(...didProblems(body as DidCondition, path))
  if (shape === 'value') {
    const aggregate = body.value as Aggregate
    found.push(...aggregateProblems(aggregate, [...path, 'value']), ...comparedProblems(aggregate, body, path))
  }
  if (shape === 'computed') {
    const made = where.surroundings?.find('computedTrait', body.computed as string)
    // One that has problems of its own is there without a value.
    if (made?.value !== undefined) found.push(...comparedProblems(made.value as unknown as Aggregate, body, path))
  }
  // Numbers, whatever their name.
  if (shape === 'session' || shape === 'score') found.push(...comparedKindProblems('number', body, path))
  if (shape === 'sequence') found.push(...sequenceProblems(body as SequenceCondition, path))
  if (shape === 'person') found.push(...personProblems(body, path))
  if (shape === 'time') found.push(...timeProblems((body as TimeCondition).time, path))
  return [...found, ...referenceProblems(shape, body, path, where)]
}

function accountProblems(asked: unknown, path: Path, where: Where): Problem[] {
  const at = [...path, 'account']
  if (where.inAccount) {
    return [
      problem(at, 'an account inside an account', 'a condition on anyone of an account cannot ask for accounts again'),
    ]
  }
  if (typeof asked !== 'object' || asked === null) return []
  if ('anyone' in asked) {
    const { anyone, ...rest } = asked as Record<string, unknown>
    const extra = Object.keys(rest).map(name =>
      problem([...at, name], `"${name}" does not belong here`, 'leave it out'),
    )
    return [...extra, ...partProblems(anyone, [...at, 'anyone'], { ...where, place: 'segment', inAccount: true })]
  }
  if ('trait' in asked)
    return [...schemaProblems(TraitCondition, asked, at), ...expressionProblems(asked as Record<string, unknown>, at)]
  return [problem(at, 'it asks for nothing of the account', 'write {"trait": ...} or {"anyone": ...}')]
}

function didProblems(did: DidCondition, path: Path): Problem[] {
  const found = filterProblems(did.where, [...path, 'where'])
  const { atLeast, atMost, since, sinceLast } = did
  if (atLeast !== undefined && atMost !== undefined && atLeast > atMost) {
    found.push(
      problem([...path, 'atMost'], `at least ${atLeast} and at most ${atMost} times never holds`, 'swap the two'),
    )
  }
  if (atLeast === 0 && atMost === undefined) {
    found.push(problem([...path, 'atLeast'], 'at least 0 times always holds', 'ask for at least 1, or set atMost'))
  }
  if (since !== undefined) found.push(...instantProblems(since, [...path, 'since']))
  if (sinceLast === did.did && did.where === undefined) {
    found.push(
      problem([...path, 'sinceLast'], 'nothing of a kind comes after the last of its kind', 'name another event'),
    )
  }
  return found
}

function aggregateProblems(aggregate: Aggregate, path: Path): Problem[] {
  const found = 'where' in aggregate ? filterProblems(aggregate.where, [...path, 'where']) : []
  if (!('within' in aggregate) || aggregate.within === undefined) return found
  const isBucketed = !('last' in aggregate) && !('sessions' in aggregate)
  if (isBucketed && durationMs(aggregate.within) > SIGNAL_LIMITS.dayBuckets * 86_400_000) {
    const message = `a window may be ${SIGNAL_LIMITS.dayBuckets} days long, but is ${aggregate.within}`
    found.push(problem([...path, 'within'], message, 'shorten it, or leave it out for all time'))
  }
  return found
}

/** The problems of a computed trait's value. */
export { aggregateProblems }

/** What is asked of a value made from events and never holds, whatever happens. */
function comparedProblems(aggregate: Aggregate, body: Record<string, unknown>, path: Path): Problem[] {
  return [...limitProblems(aggregate, body, path), ...comparedKindProblems(aggregate, body, path)]
}

/** A list at its bound answers less than the truth: what asks for more than it can hold could never hold. */
function limitProblems(aggregate: Aggregate, body: Record<string, unknown>, path: Path): Problem[] {
  const most = 'distinct' in aggregate ? SIGNAL_LIMITS.values : 'sessions' in aggregate ? 100 : Number.POSITIVE_INFINITY
  return ['is', 'gt', 'gte', 'lt', 'lte'].flatMap(name => {
    const bound = body[name]
    if (typeof bound !== 'number' || bound <= most) return []
    return [
      problem([...path, name], `it is counted up to ${most}, and ${bound} is asked for`, `ask for ${most} or fewer`),
    ]
  })
}

function sequenceProblems({ sequence, within }: SequenceCondition, path: Path): Problem[] {
  const found: Problem[] = []
  for (const [i, step] of sequence.entries()) {
    const at = [...path, 'sequence', i]
    found.push(...filterProblems(step.where, [...at, 'where']))
    if ('not' in step && i < sequence.length - 1) {
      found.push(problem(at, 'what must not happen comes last', 'move it to the end, or make a second condition'))
    }
    if ('did' in step && i === 0 && step.within !== undefined) {
      found.push(problem([...at, 'within'], 'the first step has none before it', 'put within at the second step'))
    }
  }
  if ('not' in sequence[0]!)
    found.push(problem([...path, 'sequence', 0], 'a sequence begins with what was done', 'put a did first'))
  if (within !== undefined && 'not' in sequence.at(-1)!) {
    found.push(
      problem([...path, 'within'], 'a sequence that ends with a not cannot have a time of its own', 'leave it out'),
    )
  }
  return found
}

const ALWAYS = ['00:00', '24:00']

function timeProblems({ from, to }: TimeCondition['time'], path: Path): Problem[] {
  if (from === undefined || from !== to || ALWAYS.includes(from)) return []
  return [problem([...path, 'time', 'to'], 'from and to are the same: it would hold all day', 'leave both out')]
}

function filterProblems(where: readonly Record<string, unknown>[] | undefined, path: Path): Problem[] {
  return (where ?? []).flatMap((condition, i) => expressionProblems(condition, [...path, i]))
}

/** Expressions, instants and what cannot both hold, of comparisons. */
function expressionProblems(body: Record<string, unknown>, path: Path): Problem[] {
  const found: Problem[] = []
  const { matches, before, after, gt, gte, lt, lte, is, in: oneOf } = body
  if (typeof matches === 'string') {
    const wrong = expressionProblem(matches)
    if (wrong !== undefined) {
      const mend = 'write a regular expression of RE2: no look-around, no back references'
      found.push(problem([...path, 'matches'], `"${matches}" is no regular expression: ${wrong}`, mend))
    }
  }
  for (const [name, instant] of Object.entries({ before, after })) {
    if (typeof instant === 'string' && !instant.startsWith('now'))
      found.push(...instantProblems(instant, [...path, name]))
  }
  const least = Math.max(...[gt, gte].map(bound => (typeof bound === 'number' ? bound : Number.NEGATIVE_INFINITY)))
  const most = Math.min(...[lt, lte].map(bound => (typeof bound === 'number' ? bound : Number.POSITIVE_INFINITY)))
  const isEmpty = least > most || (least === most && (gt === least || lt === most))
  if (isEmpty) found.push(problem(path, `no number is above ${least} and below ${most}`, 'swap the two bounds'))
  if (is !== undefined && Array.isArray(oneOf) && !oneOf.includes(is)) {
    found.push(
      problem([...path, 'in'], `it is to be ${JSON.stringify(is)} and something else`, 'keep one of is and in'),
    )
  }
  // What is wrong by itself would be asked here.
  return found.length > 0 ? found : contradictions(body, path)
}

function instantProblems(text: string, path: Path): Problem[] {
  return parseInstant(text) === undefined
    ? [problem(path, `"${text}" is in no calendar`, 'write a date that exists, such as 2026-11-01')]
    : []
}

/** What is named must exist, and must not lead back to itself (looked at where the whole set is: `cycleProblems`). */
function referenceProblems(shape: string, body: Record<string, unknown>, path: Path, where: Where): Problem[] {
  const { surroundings } = where
  if (surroundings === undefined) return []
  const kind = shape === 'segment' ? 'segment' : shape === 'computed' ? 'computedTrait' : undefined
  if (kind !== undefined) {
    const key = body[shape] as string
    if (surroundings.find(kind, key) !== undefined) return []
    const named = kind === 'segment' ? 'segment' : 'computed trait'
    return [
      problem(
        [...path, shape],
        `there is no ${named} "${key}"`,
        nearest(key, [...surroundings.keys(kind)], `${named}s`),
      ),
    ]
  }
  if (shape !== 'calendar' || typeof body.calendar !== 'string') return []
  const settings = surroundings.find('settings', 'workspace') as { calendar?: { key: string }[] } | undefined
  const keys = (settings?.calendar ?? []).map(({ key }) => key)
  if (keys.includes(body.calendar)) return []
  const message = `the calendar has no entry "${body.calendar}"`
  return [problem([...path, 'calendar'], message, nearest(body.calendar, keys, 'entries of the calendar in settings'))]
}
