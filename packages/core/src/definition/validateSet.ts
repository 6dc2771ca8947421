import type { JsonObject } from '../json.ts'
import { PROFILE_LIMITS } from '../profile/limits.ts'
import { keepByEvent } from '../segment/needs.ts'
import type { DefinitionChange, Kind, PublishedSet } from './definition.ts'
import type { Experience } from './experience.ts'
import { misfitsAt } from './experienceProblems.ts'
import type { Problem } from './problem.ts'
import type { Surroundings } from './references.ts'
import type { Touchpoint } from './touchpoint.ts'
import { validate } from './validate.ts'

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
    else if (alone[i]!.length > 0) found.push(...alone[i]!)
    else found.push(...validate(kind, key, body, after), ...dependentProblems(kind, key, body, after, changed))
    return found.map((problem): SetProblem => ({ kind, key, ...problem }))
  })
  return problems.length === 0 ? sizeProblems(after, changes) : problems
}

const REPEATED: Problem = { path: '', message: 'it is in this publication twice', mend: 'leave one of the two out' }

/** Stands for a body that has problems of its own: it is there, and what refers to it is not blamed. */
const BROKEN: JsonObject = {}

function archiveProblems(kind: Kind, key: string, before: Live, after: Live): Problem[] {
  if (before.find(kind, key) === undefined) {
    return [{ path: '', message: `there is no ${kind} "${key}" to archive`, mend: 'leave it out' }]
  }
  return after.experiences().flatMap(([user, experience]): Problem[] => {
    const used =
      (kind === 'touchpoint' && experience.touchpoints.includes(key)) || (kind === 'metric' && experience.goal === key)
    if (!used) return []
    const mend = `archive experience "${user}" too, or let it use another ${kind}`
    return [{ path: '', message: `experience "${user}" still uses it`, mend }]
  })
}

/** Content already published that does not fit a touchpoint's new schema. */
function dependentProblems(
  kind: Kind,
  key: string,
  body: JsonObject,
  after: Live,
  changed: ReadonlySet<string>,
): Problem[] {
  if (kind !== 'touchpoint') return []
  return after.experiences().flatMap(([user, experience]) => {
    if (changed.has(name('experience', user)) || !experience.touchpoints.includes(key)) return []
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
  const events = keepByEvent(after.experiences().map(([, experience]) => experience)).size
  if (events > PROFILE_LIMITS.signals) {
    const message = `the audiences would ask for ${events} different events and a profile keeps ${PROFILE_LIMITS.signals}`
    problems.push({ kind, key, path: '', message, mend: 'end experiences that are over, or ask for fewer events' })
  }
  return problems
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

  put(kind: Kind, key: string, body: JsonObject | undefined): void {
    const bodies = this.#bodies.get(kind) ?? new Map<string, JsonObject>()
    this.#bodies.set(kind, bodies)
    if (body === undefined) bodies.delete(key)
    else bodies.set(key, body)
  }

  find = (kind: Kind, key: string): JsonObject | undefined => this.#bodies.get(kind)?.get(key)

  keys = (kind: Kind): Iterable<string> => this.#bodies.get(kind)?.keys() ?? []

  experiences(): [key: string, experience: Experience][] {
    return [...(this.#bodies.get('experience') ?? [])]
      .filter(([, body]) => body !== BROKEN)
      .map(([key, body]) => [key, body as unknown as Experience])
  }
}
