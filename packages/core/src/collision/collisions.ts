import type { PublishedSet } from '../definition/definition.ts'
import type { Experience, Requirement } from '../definition/experience.ts'
import type { Touchpoint } from '../definition/touchpoint.ts'
import type { JsonObject } from '../json.ts'
import type { Condition } from '../segment/condition.ts'
import { type Literal, mayAllBe } from '../segment/literals.ts'
import { product, type SegmentOf, termsOf } from '../segment/ways.ts'
import { alwaysRunsWith, mayRunTogether } from './times.ts'

/** Two experiences that want the same place for the same people. */
export interface Collision {
  readonly kind: CollisionKind
  readonly touchpoint: string
  /** The one that goes first, and the other. */
  readonly experiences: readonly [first: string, second: string]
  /** A sentence without its full stop, and what to do about it. */
  readonly message: string
  readonly mend: string
}

export type CollisionKind =
  /** Both have the same priority: which is shown is decided by their keys. */
  | 'tie'
  /** The first takes everybody, so that the second is never shown. */
  | 'never-shown'
  /** People of both get the first: as meant, where the priorities are meant so. */
  | 'overlap'

export interface Collisions {
  /** What is most likely a mistake comes first. */
  readonly collisions: readonly Collision[]
  /** There are more pairs than are looked at, or more collisions than are told (R11). */
  readonly more: boolean
}

/** How many pairs are looked at, and how many collisions are told (R11). */
const MAX_PAIRS = 20_000
const MAX_TOLD = 500

const ORDER: readonly CollisionKind[] = ['never-shown', 'tie', 'overlap']

/**
 * Collisions between experiences that run, rest or are drafts, so that they are found before a launch. Two collide where they
 * share a touchpoint and may run at the same time for the same person; what certainly excludes that is left out: schedules,
 * audiences that contradict each other, layers and dependencies.
 */
export function collisionsOf({ definitions }: PublishedSet): Collisions {
  const live = definitions.filter(definition => !definition.archived)
  const segments = new Map(
    live
      .filter(({ kind }) => (kind as string) === 'segment')
      .map(({ key, body }) => [key, (body as { condition?: Condition }).condition]),
  )
  const experiences = live
    .filter(({ kind }) => kind === 'experience')
    .map(({ key, body }): Known => ({ key, body: body as Experience }))
    .filter(({ body }) => body.status !== 'ended')
    .sort((a, b) => priority(b) - priority(a) || (a.key < b.key ? -1 : 1))
  const found: Collision[] = []
  let pairs = 0
  for (const { kind, key, body } of live) {
    if (kind !== 'touchpoint') continue
    const here = experiences.filter(one => one.body.touchpoints.includes(key))
    for (const [i, second] of here.entries()) {
      const before = here.slice(0, i)
      pairs += before.length
      if (pairs > MAX_PAIRS) return told(found, true)
      found.push(...collisionsWith(second, before, key, (body as Touchpoint).slots ?? 1, key => segments.get(key)))
    }
  }
  return told(found, false)
}

interface Known {
  readonly key: string
  readonly body: Experience
}

function told(found: readonly Collision[], more: boolean): Collisions {
  const collisions = [...found].sort((a, b) => ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind))
  return { collisions: collisions.slice(0, MAX_TOLD), more: more || collisions.length > MAX_TOLD }
}

function collisionsWith(
  second: Known,
  before: readonly Known[],
  touchpoint: string,
  slots: number,
  segmentOf: SegmentOf,
): Collision[] {
  const always = before.filter(first => takesAll(first.body, second.body))
  const last = always[slots - 1]
  if (last !== undefined) {
    const taken = slots === 1 ? 'it' : `the ${slots} places`
    const message = `"${second.key}" is never shown at ${touchpoint}: ${taken} always goes to "${last.key}" first`
    const mend = `give "${second.key}" a higher priority, or "${last.key}" an audience, a layer or an end`
    return [{ kind: 'never-shown', touchpoint, experiences: [last.key, second.key], message, mend }]
  }
  const meeting = before.filter(first => mayMeet(first, second, segmentOf))
  // With a place for each of them nobody misses one.
  if (meeting.length < slots) return []
  return meeting.map((first): Collision => {
    const experiences: Collision['experiences'] = [first.key, second.key]
    if (priority(first) !== priority(second)) {
      const gets = slots === 1 ? `"${first.key}" and not "${second.key}"` : `"${first.key}" before "${second.key}"`
      const message = `at ${touchpoint}, who is in both audiences gets ${gets}`
      const mend = 'leave it so where that is meant; else change a priority, an audience, or put both into a layer'
      return { kind: 'overlap', touchpoint, experiences, message, mend }
    }
    const message = `at ${touchpoint}, "${first.key}" and "${second.key}" have the same priority: their keys decide`
    const mend = 'give one a higher priority, or put both into a layer so that each has its own people'
    return { kind: 'tie', touchpoint, experiences, message, mend }
  })
}

function priority({ body }: Known): number {
  return body.priority ?? 0
}

/** Whether an experience is for everybody, whenever the other one runs. */
function takesAll(first: Experience, second: Experience): boolean {
  const { status = 'running', audience, layer, requires, caps, offer } = first
  const open = audience === undefined && layer === undefined && requires === undefined
  // Caps and offers let people go on to the next; a draft does not take anybody yet.
  if (status !== 'running' || !open || caps !== undefined || offer !== undefined) return false
  return alwaysRunsWith(first.schedule, second.schedule)
}

function mayMeet(first: Known, second: Known, segmentOf: SegmentOf): boolean {
  const [a, b] = [first.body, second.body]
  if (!mayRunTogether(a.schedule, b.schedule)) return false
  if (a.layer !== undefined && a.layer.key === b.layer?.key) return false
  const both = product([whoOf(a, segmentOf), whoOf(b, segmentOf)])
  return both === undefined || both.some(mayAllBe)
}

/** Who an experience is for: its audience and its dependencies; anybody where it goes on for those whom they would not let in any more. */
function whoOf({ audience, requires = [], policy }: Experience, segmentOf: SegmentOf) {
  if (policy?.kind === 'sticky-split' && (policy.audience ?? 'once') === 'once') return [[]]
  const terms = audience === undefined ? undefined : termsOf(audience, true, segmentOf)
  return product([terms, [requires.map(literalOf)]])
}

/** A person has one assignment in an experience, and saw one variant of it first. */
function literalOf({ experience, variant, state = 'assigned', not = false }: Requirement): Literal {
  const leaf: JsonObject = { [state]: experience, ...(variant === undefined ? { exists: true } : { is: variant }) }
  return { leaf, holds: !not }
}
