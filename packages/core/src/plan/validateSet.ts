import { conditionsOf } from '../definition/conditionsOf.ts'
import type { Definition, DefinitionChange, PublishedSet } from '../definition/definition.ts'
import type { Experience } from '../definition/experience.ts'
import { misfitsAt } from '../definition/experienceProblems.ts'
import { aftermathProblems } from '../definition/neighbourProblems.ts'
import type { Surroundings } from '../definition/references.ts'
import type { Segment } from '../definition/segment.ts'
import type { Touchpoint } from '../definition/touchpoint.ts'
import { validate } from '../definition/validate.ts'
import type { JsonObject } from '../json.ts'
import type { Problem } from '../problem/problem.ts'
import { PROFILE_LIMITS } from '../profile/limits.ts'
import type { Condition } from '../segment/condition.ts'
import { needsOf } from './needs.ts'

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
      found.push(...validate(kind, key, body, after))
      if (alone[i]!.length === 0) found.push(...dependentProblems(kind, key, body, after, changed))
    }
    return found.map((problem): SetProblem => ({ kind, key, ...problem }))
  })
  if (problems.length > 0) return problems
  const cycles = cycleProblems(after, changes)
  return cycles.length > 0 ? cycles : sizeProblems(after, changes)
}

const REPEATED: Problem = { path: '', message: 'it is in this publication twice', mend: 'leave one of the two out' }

/** Stands for a body that has problems of its own: it is there, and what refers to it is not blamed. */
const BROKEN: JsonObject = {}

function archiveProblems(kind: DefinitionChange['kind'], key: string, before: Live, after: Live): Problem[] {
  if (before.find(kind, key) === undefined) {
    return [{ path: '', message: `there is no ${kind} "${key}" to archive`, mend: 'leave it out' }]
  }
  if (kind === 'segment' || kind === 'computedTrait') {
    return after.conditions().flatMap(([user, condition]): Problem[] => {
      if (!namesOf(condition, kind).has(key)) return []
      return [{ path: '', message: `${user} still uses it`, mend: `archive ${user} too, or let it use another` }]
    })
  }
  return after.experiences().flatMap(([user, experience]): Problem[] => {
    const used =
      (kind === 'touchpoint' && experience.touchpoints.includes(key)) ||
      (kind === 'metric' && (experience.goal === key || guards(experience, key))) ||
      (kind === 'experience' && experience.requires?.some(required => required.experience === key) === true)
    if (!used) return []
    const mend = `archive experience "${user}" too, or let it use another ${kind}`
    return [{ path: '', message: `experience "${user}" still uses it`, mend }]
  })
}

function guards({ policy }: Experience, metric: string): boolean {
  return policy?.kind === 'rollout' && policy.guardrails.includes(metric)
}

/** What a change makes wrong with experiences already published: content that a new schema does not fit, for one. */
function dependentProblems(
  kind: DefinitionChange['kind'],
  key: string,
  body: JsonObject,
  after: Live,
  changed: ReadonlySet<string>,
): Problem[] {
  return after.experiences().flatMap(([user, experience]) => {
    if (changed.has(name('experience', user))) return []
    if (kind !== 'touchpoint') {
      return aftermathProblems(experience, kind, key, body, after).map(({ path, message, mend }) => ({
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

/** A segment that leads back to itself by way of others. */
function cycleProblems(after: Live, changes: readonly DefinitionChange[]): SetProblem[] {
  return changes.flatMap(({ kind, key, body }): SetProblem[] => {
    if (kind !== 'segment' || body === undefined) return []
    const way = wayBack(key, after)
    if (way === undefined) return []
    const message = `it is in itself: ${way.join(', which is in ')}`
    return [{ kind, key, path: 'condition', message, mend: 'take one of these segments out of another' }]
  })
}

function wayBack(key: string, after: Live): string[] | undefined {
  const seen = new Set<string>()
  const walk = (at: string, way: string[]): string[] | undefined => {
    const body = after.find('segment', at) as unknown as Segment | undefined
    if (body?.condition === undefined) return undefined
    for (const named of namesOf(body.condition, 'segment')) {
      if (named === key) return [...way, key]
      if (seen.has(named)) continue
      seen.add(named)
      const found = walk(named, [...way, named])
      if (found !== undefined) return found
    }
    return undefined
  }
  return walk(key, [key])
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

  find = (kind: DefinitionChange['kind'], key: string): JsonObject | undefined => this.#bodies.get(kind)?.get(key)

  keys = (kind: DefinitionChange['kind']): Iterable<string> => this.#bodies.get(kind)?.keys() ?? []

  /** Everything that has a condition, with what it is called. */
  conditions(): [user: string, condition: Condition][] {
    const segments = [...(this.#bodies.get('segment') ?? [])].filter(([, body]) => body !== BROKEN)
    return [
      ...segments.map(([key, body]): [string, Condition] => [
        `segment "${key}"`,
        (body as unknown as Segment).condition,
      ]),
      ...this.experiences().flatMap(([key, experience]) =>
        conditionsOf(experience).map((condition): [string, Condition] => [`experience "${key}"`, condition]),
      ),
    ]
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
