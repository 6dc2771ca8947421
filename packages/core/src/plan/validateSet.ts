import { conditionsOf, defaultConditionsOf } from '../definition/conditionsOf.ts'
import type { Definition, DefinitionChange, PublishedSet } from '../definition/definition.ts'
import type { Experience } from '../definition/experience.ts'
import { misfitsAt } from '../definition/experienceProblems.ts'
import { aftermathProblems } from '../definition/neighbourProblems.ts'
import type { Surroundings } from '../definition/references.ts'
import type { Segment } from '../definition/segment.ts'
import type { Settings } from '../definition/settings.ts'
import type { Touchpoint } from '../definition/touchpoint.ts'
import { SETTINGS_KEY, validate } from '../definition/validate.ts'
import type { JsonObject } from '../json.ts'
import type { Problem } from '../problem/problem.ts'
import { PROFILE_LIMITS } from '../profile/limits.ts'
import type { Condition } from '../segment/condition.ts'
import { needsOf } from './needs.ts'
import { type Extent, SEGMENT_LIMITS, segmentGraph } from './segmentGraph.ts'

/** How many definitions a workspace may have live at once (R11). */
export const MAX_DEFINITIONS = 5_000

/** A problem and the definition it is in. */
export interface SetProblem extends Problem {
  readonly kind: string
  readonly key: string
}

/**
 * What is wrong with a publication as a whole: with each change, with what the changes refer to, and with what refers to the
 * changed: archiving what is still in use, or a schema that content already published no longer fits. Empty: publish it.
 */
export function validateSet(changes: readonly DefinitionChange[], current: PublishedSet): SetProblem[] {
  const alone = changes.map(({ kind, key, body }) => (body === undefined ? [] : validate(kind, key, body)))
  const before = new Live(current)
  const after = new Live(current)
  for (const [i, { kind, key, body }] of changes.entries()) after.put(kind, key, alone[i]!.length > 0 ? BROKEN : body)
  const changed = new Set(changes.map(change => name(change.kind, change.key)))
  const problems = changes.flatMap((change, i) => {
    const { kind, key, body } = change
    const repeated = changes.findIndex(other => other.kind === kind && other.key === key) < i
    const found = repeated ? [REPEATED] : []
    if (body === undefined) found.push(...archiveProblems(kind, key, before, after))
    else {
      // A misspelt reference is named beside what follows from it.
      const own = validate(kind, key, body, after)
      found.push(...own)
      if (alone[i]!.length === 0) {
        const dependent = dependentProblems(change, own, before, after, changed)
        const users = [
          ...userProblems(kind, key, before, after, changed),
          ...settingsProblems(change, before, after, changed),
        ]
        // A price by a computed trait is found both ways.
        found.push(...dependent, ...users.filter(({ message }) => !dependent.some(one => one.message === message)))
      }
    }
    return found.map((problem): SetProblem => ({ kind, key, ...problem }))
  })
  if (problems.length > 0) return problems
  const graph = graphProblems(before, after, changes)
  return graph.length > 0 ? graph : sizeProblems(after, changes)
}

/** Of a condition that is none's: what it may name are the others. */
const UNNAMED = 'preview-of-a-condition'

/** What is wrong with a condition that nobody has published, were it a segment's; in what it refers to, and in its size. */
export function conditionProblems(condition: unknown, current: PublishedSet): Problem[] {
  const body = { condition } as JsonObject
  const own = validate('segment', UNNAMED, body, new Live(current))
  return own.length > 0 ? own : validateSet([{ kind: 'segment', key: UNNAMED, body }], current)
}

const REPEATED: Problem = { path: '', message: 'it is in this publication twice', mend: 'leave one of the two out' }

/** Stands for a body that has problems of its own: it is there, and what refers to it is not blamed. */
const BROKEN: JsonObject = {}

function archiveProblems(kind: DefinitionChange['kind'], key: string, before: Live, after: Live): Problem[] {
  if (before.find(kind, key) === undefined) {
    return [{ path: '', message: `there is no ${kind} "${key}" to archive`, mend: 'leave it out' }]
  }
  if (kind === 'metric' && after.impactMetric() === key) {
    const mend = 'let settings.impact.metric name another'
    return [{ path: '', message: 'the settings still reckon the impact by it', mend }]
  }
  if (kind === 'segment' || kind === 'computedTrait') {
    return after.users().flatMap((user): Problem[] => {
      if (!user.conditions.some(condition => namesOf(condition, kind).has(key))) return []
      const who = calledBy(user)
      return [{ path: '', message: `${who} still uses it`, mend: `archive ${who} too, or let it use another` }]
    })
  }
  return after.experiences().flatMap(([user, experience]): Problem[] => {
    const used =
      (kind === 'touchpoint' && experience.touchpoints.includes(key)) ||
      (kind === 'metric' && (experience.goal === key || guards(experience, key))) ||
      (kind === 'experience' && dependsOn(experience, key))
    if (!used) return []
    const mend = `archive experience "${user}" too, or let it use another ${kind}`
    return [{ path: '', message: `experience "${user}" still uses it`, mend }]
  })
}

function dependsOn({ requires = [], plan }: Experience, key: string): boolean {
  return plan?.atOnce === key || requires.some(required => required.experience === key)
}

function guards({ policy }: Experience, metric: string): boolean {
  return policy?.kind === 'rollout' && policy.guardrails.includes(metric)
}

/** What a change makes wrong with experiences already published: content that a new schema does not fit, for one. */
function dependentProblems(
  { kind, key, body }: DefinitionChange,
  own: readonly Problem[],
  before: Live,
  after: Live,
  changed: ReadonlySet<string>,
): Problem[] {
  return after.experiences().flatMap(([user, experience]) => {
    if (changed.has(name('experience', user))) return []
    if (kind !== 'touchpoint') {
      const aftermath = aftermathProblems(experience, kind, key, body, before, after)
      // What is between the two is said once.
      const concerned =
        own.length === 0 &&
        ((kind === 'metric' && (experience.goal === key || guards(experience, key))) ||
          (kind === 'experience' && dependsOn(experience, key)))
      const known = new Set(aftermath.map(({ path }) => path))
      const found = concerned ? becoming('experience', user, before, after).filter(({ path }) => !known.has(path)) : []
      return [...aftermath, ...found].map(({ path, message, mend }) => ({
        path: '',
        message: `experience "${user}" no longer fits it: ${path}: ${message}`,
        mend: `${mend}, or change that experience in the same publication`,
      }))
    }
    if (!experience.touchpoints.includes(key)) return []
    return misfitsAt(experience, key, body as unknown as Touchpoint).map(misfit => ({
      path: 'schema',
      message: `experience "${user}" no longer fits it: ${misfit.path}: ${misfit.message}`,
      mend: 'change that experience in the same publication, or let the schema allow it',
    }))
  })
}

/**
 * What a change makes wrong with conditions already published: a computed trait that is another kind of value now, a calendar
 * that has lost an entry. What was wrong with them before is not blamed on it.
 */
function userProblems(
  kind: DefinitionChange['kind'],
  key: string,
  before: Live,
  after: Live,
  changed: ReadonlySet<string>,
): Problem[] {
  const part = MEANT_BY[kind]
  if (part === undefined || isSame(before.find(kind, key)?.[part], after.find(kind, key)?.[part])) return []
  return after.users().flatMap(user => {
    if (changed.has(name(user.kind, user.key))) return []
    const concerned = user.conditions.some(one =>
      kind === 'computedTrait' ? namesOf(one, kind).has(key) : JSON.stringify(one).includes('"calendar"'),
    )
    if (!concerned) return []
    return becoming(user.kind, user.key, before, after).map(({ path, message, mend }) => ({
      path: part,
      message: `${calledBy(user)} no longer fits it: ${path}: ${message}`,
      mend: `${mend}, or change that ${user.kind} in the same publication`,
    }))
  })
}

/** The metric by which the settings reckon the impact has to stay one whose parts add up. */
function settingsProblems(
  { kind, key }: DefinitionChange,
  before: Live,
  after: Live,
  changed: ReadonlySet<string>,
): Problem[] {
  if (kind !== 'metric' || after.impactMetric() !== key || changed.has(name('settings', SETTINGS_KEY))) return []
  return becoming('settings', SETTINGS_KEY, before, after).map(({ path, message, mend }) => ({
    path: '',
    message: `the settings no longer fit it: ${path}: ${message}`,
    mend: `${mend}, or change the settings in the same publication`,
  }))
}

/** What is wrong with a definition that stays as it is, and was not before: that is blamed on nobody. */
function becoming(kind: DefinitionChange['kind'], key: string, before: Live, after: Live): Problem[] {
  const known = new Set(validate(kind, key, before.find(kind, key), before).map(lineOf))
  return validate(kind, key, after.find(kind, key), after).filter(problem => !known.has(lineOf(problem)))
}

/** The part of a definition that conditions elsewhere depend on by more than its name. */
const MEANT_BY: { readonly [K in DefinitionChange['kind']]?: string } = { computedTrait: 'value', settings: 'calendar' }

function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}

function lineOf({ path, message }: Problem): string {
  return `${path}: ${message}`
}

/** Something that has conditions. */
interface User {
  readonly kind: 'segment' | 'experience' | 'touchpoint'
  readonly key: string
  readonly body: JsonObject
  readonly conditions: readonly Condition[]
}

function calledBy({ kind, key }: User): string {
  return `${kind} "${key}"`
}

function sizeProblems(after: Live, changes: readonly DefinitionChange[]): SetProblem[] {
  const [first] = changes
  if (first === undefined) return []
  const { kind, key } = first
  const problems: SetProblem[] = []
  if (after.size > MAX_DEFINITIONS) {
    const message = `there would be ${after.size} definitions and ${MAX_DEFINITIONS} is the limit`
    problems.push({ kind, key, path: '', message, mend: 'archive what is no longer used' })
  }
  const signals = needsOf(after.set()).length
  if (signals > PROFILE_LIMITS.signals) {
    const message = `the definitions would ask for ${signals} different signals and a profile keeps ${PROFILE_LIMITS.signals}`
    problems.push({ kind, key, path: '', message, mend: 'end experiences that are over, or ask for fewer events' })
  }
  return problems
}

/** Of so many segments in a circle it is said. */
const MOST_CIRCLES = 10

/** Segments that lead back to themselves by way of others, or that are too large with all that is in them. */
function graphProblems(before: Live, after: Live, changes: readonly DefinitionChange[]): SetProblem[] {
  const changed = changes.filter(({ kind, body }) => kind === 'segment' && body !== undefined)
  const [first] = changed
  if (first === undefined) return []
  const { extents, circular } = segmentGraph(after.segments())
  const circles = changed.flatMap(({ key }) => (circular.has(key) ? [key] : [])).slice(0, MOST_CIRCLES)
  const found = circles.flatMap((key): SetProblem[] => {
    const way = wayBack(key, after)
    if (way === undefined) return []
    const shown = way.length > 12 ? [...way.slice(0, 10), '…', key] : way
    const message = `it is in itself: ${shown.join(', which is in ')}`
    return [{ kind: 'segment', key, path: 'condition', message, mend: 'take one of these segments out of another' }]
  })
  if (found.length > 0) return found
  const keys = new Set(changed.map(({ key }) => key))
  const known = segmentGraph(before.segments()).extents
  const over = [...extents].filter(([key, extent]) => isOver(extent) && (keys.has(key) || !isOver(known.get(key))))
  return over.slice(0, MOST_CIRCLES).map(([key, { parts, depth }]) => {
    const who = keys.has(key) ? 'it' : `segment "${key}"`
    const message =
      depth > SEGMENT_LIMITS.depth
        ? `${who} would be of segments in segments ${depth} deep, and ${SEGMENT_LIMITS.depth} is the limit`
        : `${who} would have ${parts} parts with those of the segments in it, and ${SEGMENT_LIMITS.parts} is the limit`
    const mend = 'let it name fewer segments, or name each of them once'
    return { kind: 'segment', key: keys.has(key) ? key : first.key, path: 'condition', message, mend }
  })
}

function isOver(extent: Extent | undefined): boolean {
  return extent !== undefined && (extent.parts > SEGMENT_LIMITS.parts || extent.depth > SEGMENT_LIMITS.depth)
}

/** The shortest way by which a segment leads back to itself: it, what it is in, and it again. */
function wayBack(key: string, after: Live): string[] | undefined {
  const segments = after.segments()
  /** By which segment each was first come to. */
  const by = new Map<string, string>()
  const ahead = [key]
  // What is added on the way is gone through as well.
  for (const at of ahead) {
    const condition = segments.get(at)
    for (const named of condition === undefined ? [] : namesOf(condition, 'segment')) {
      if (by.has(named)) continue
      by.set(named, at)
      if (named !== key) {
        ahead.push(named)
        continue
      }
      const way = [key]
      for (let one = at; one !== key; one = by.get(one)!) way.push(one)
      return [...way, key].reverse()
    }
  }
  return undefined
}

/** The segments or computed traits that a condition names. */
function namesOf(condition: Condition, kind: 'segment' | 'computedTrait'): Set<string> {
  const names = new Set<string>()
  const walk = (part: Condition): void => {
    if ('all' in part) part.all.forEach(walk)
    else if ('any' in part) part.any.forEach(walk)
    else if ('not' in part) walk(part.not)
    else if ('account' in part) {
      if ('anyone' in part.account) walk(part.account.anyone)
    } else if ('segment' in part && kind === 'segment') names.add(part.segment)
    else if ('computed' in part && kind === 'computedTrait') names.add(part.computed)
  }
  walk(condition)
  return names
}

function name(kind: string, key: string): string {
  return `${kind}/${key}`
}

/** The live bodies of a set, with changes put on top. */
class Live implements Surroundings {
  readonly #bodies = new Map<string, Map<string, JsonObject>>()

  constructor(set: PublishedSet) {
    for (const { kind, key, archived, body } of set.definitions) {
      if (!archived) this.put(kind, key, body as unknown as JsonObject)
    }
  }

  get size(): number {
    return [...this.#bodies.values()].reduce((size, bodies) => size + bodies.size, 0)
  }

  put(kind: DefinitionChange['kind'], key: string, body: JsonObject | undefined): void {
    const bodies = this.#bodies.get(kind) ?? new Map<string, JsonObject>()
    this.#bodies.set(kind, bodies)
    if (body === undefined) bodies.delete(key)
    else bodies.set(key, body)
  }

  /** By which the settings reckon the impact. */
  impactMetric(): string | undefined {
    const settings = this.find('settings', SETTINGS_KEY) as Settings | undefined
    return settings?.impact?.metric
  }

  find = (kind: DefinitionChange['kind'], key: string): JsonObject | undefined => this.#bodies.get(kind)?.get(key)

  keys = (kind: DefinitionChange['kind']): Iterable<string> => this.#bodies.get(kind)?.keys() ?? []

  /** Everything that has a condition. */
  users(): User[] {
    return [
      ...this.#users('segment', body => [(body as unknown as Segment).condition]),
      ...this.#users('experience', body => conditionsOf(body as unknown as Experience)),
      ...this.#users('touchpoint', body => defaultConditionsOf(body as unknown as Touchpoint)),
    ]
  }

  #users(kind: User['kind'], conditions: (body: JsonObject) => readonly Condition[]): User[] {
    return [...(this.#bodies.get(kind) ?? [])]
      .filter(([, body]) => body !== BROKEN)
      .map(([key, body]) => ({ kind, key, body, conditions: conditions(body) }))
  }

  segments(): Map<string, Condition> {
    const live = [...(this.#bodies.get('segment') ?? [])].filter(([, body]) => body !== BROKEN)
    return new Map(live.map(([key, body]) => [key, (body as unknown as Segment).condition]))
  }

  set(): PublishedSet {
    const definitions = [...this.#bodies].flatMap(([kind, bodies]) =>
      [...bodies].map(([key, body]) => {
        return { kind, key, version: 0, published: 0, author: '', archived: false, body } as unknown as Definition
      }),
    )
    return { version: 0, definitions }
  }

  experiences(): [key: string, experience: Experience][] {
    return [...(this.#bodies.get('experience') ?? [])]
      .filter(([, body]) => body !== BROKEN)
      .map(([key, body]) => [key, body as unknown as Experience])
  }
}
