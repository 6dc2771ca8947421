import { hasher, POINTS } from '../bucket/bucket.ts'
import type { Model } from './learn/model.ts'
import { MAX_MASKS } from './limits.ts'
import { periodOf, periodStart } from './period.ts'
import { entryAt, pointOf, toPoints } from './points.ts'
import {
  type Ask,
  type Basis,
  type Chances,
  type Choice,
  mayKeep,
  type Policy,
  type PolicyKind,
  type PolicyState,
} from './policy.ts'
import { compileShares, maskKey } from './shares.ts'

/** A model, and the moment from which on it is in force. */
export interface ModelInForce {
  readonly from: number
  readonly model: Model
}

/** How good each variant is believed to be, made ready to be asked many times. */
export interface Scorer<S> {
  /** Weights, which sum to 1, of the `count` variants that `active` names, in its order. */
  weigh(subject: S, active: Int32Array, count: number, into: Float64Array): void
}

export interface LearnedParts<S> {
  readonly kind: PolicyKind
  readonly seed: string
  readonly variants: readonly string[]
  /** The split that is served until there is enough data. */
  readonly weights: readonly number[]
  /** Length of a draw period, milliseconds. */
  readonly period: number
  /** The least chance of any eligible variant once the model decides, at most 1 / variants. */
  readonly floor: number
  /** People of a variant before it leaves the split. */
  readonly minimum: number
  /** In order of `from`. */
  readonly models: readonly ModelInForce[]
  /** Whether the weights depend on the person. Otherwise they are worked out once. */
  readonly personal: boolean
  scorer(model: Model): Scorer<S>
}

/** A model as one draw period sees it. */
interface Prepared<S> {
  readonly version: number
  readonly scorer: Scorer<S> | undefined
  /** By variant. */
  readonly people: Float64Array
  readonly mature: readonly boolean[]
  /** Chances by set of eligible variants, where they do not depend on the person. */
  readonly known: Map<string, { points: Int32Array; basis: Basis }>
}

/**
 * A policy that learns. Within a draw period all stands still: its model is the one in force when the period began, and the
 * seed of a person's draw is bucket key, experience and period. So whatever is published meanwhile, the same person with the
 * same inputs gets the same variant until the period ends, and the chances that are logged are those drawn from.
 *
 * A variant of which too little is known has its share of the split; the others divide the rest by weight w. With q so made
 * and K eligible variants the chance is p = f + (1 - K f) q: the floor is added, since clipping to it would bias the weights.
 */
export function learnedPolicy<S>(parts: LearnedParts<S>): Policy<S> {
  const { variants, period, floor, minimum, models } = parts
  const shares = compileShares(parts.weights)
  const none = prepare<S>(variants, minimum, undefined, undefined)
  const prepared = new Map<Model, Prepared<S>>()
  const ready = (model: Model): Prepared<S> => {
    const known = prepared.get(model) ?? prepare(variants, minimum, model, parts.scorer(model))
    prepared.set(model, known)
    return known
  }
  // Scratch: nothing here waits, so one call's is free for the next.
  const points = new Int32Array(variants.length)
  const chance = new Float64Array(variants.length)
  const weights = new Float64Array(variants.length)
  const active = new Int32Array(variants.length)
  const answer = { points, basis: 'split' as Basis, model: 0, period: 0 }

  let number = Number.NaN
  let current = none
  let draw = hasher('')
  function enter(now: number): void {
    const entered = periodOf(now, period)
    if (entered === number) return
    number = entered
    const start = periodStart(entered, period)
    const latest = models.findLast(({ from }) => from <= start)
    current = latest === undefined ? none : ready(latest.model)
    draw = hasher(`${parts.seed}:p${entered}`)
  }

  function weigh(subject: S, eligible: readonly boolean[] | undefined): Basis {
    let count = 0
    let able = 0
    let share = 0
    for (let i = 0; i < variants.length; i++) {
      if (eligible !== undefined && !eligible[i]) continue
      able++
      if (current.mature[i]) active[count++] = i
    }
    const split = shares.points(eligible)
    if (able === 0 || count === 0) {
      points.set(split)
      return able === 0 ? 'none-eligible' : 'too-little-data'
    }
    current.scorer!.weigh(subject, active, count, weights)
    for (let i = 0; i < variants.length; i++) {
      const allowed = eligible === undefined || eligible[i]
      chance[i] = allowed && !current.mature[i] ? split[i]! / POINTS : 0
      share += chance[i]!
    }
    for (let n = 0; n < count; n++) chance[active[n]!] = (1 - share) * weights[n]!
    for (let i = 0; i < variants.length; i++) {
      if (eligible === undefined || eligible[i]) chance[i] = floor + (1 - able * floor) * chance[i]!
    }
    toPoints(chance, points)
    return count === able ? 'learned' : 'learned-in-part'
  }

  function remembered(subject: S, eligible: readonly boolean[] | undefined): Basis {
    const key = eligible === undefined ? '' : maskKey(eligible)
    const known = current.known.get(key)
    if (known !== undefined) {
      points.set(known.points)
      return known.basis
    }
    const basis = weigh(subject, eligible)
    if (current.known.size < MAX_MASKS) current.known.set(key, { points: points.slice(), basis })
    return basis
  }

  function chances(ask: Ask<S>): Chances {
    enter(ask.now)
    answer.basis = parts.personal ? weigh(ask.subject, ask.eligible) : remembered(ask.subject, ask.eligible)
    answer.model = current.version
    answer.period = number
    return answer
  }

  function choose(ask: Ask<S>): Choice {
    enter(ask.now)
    const { held } = ask
    if (held !== undefined && held.period === number && mayKeep(held, variants.length, ask.eligible)) {
      return { ...held, basis: 'held' }
    }
    const { basis, model } = chances(ask)
    const arm = entryAt(points, pointOf(draw(ask.bucketKey)))
    return { arm, propensity: arm === -1 ? 1 : points[arm]! / POINTS, basis, model, period: number }
  }

  function state(now: number): PolicyState {
    enter(now)
    const mature = current.mature.filter(Boolean).length
    const basis: Basis = mature === 0 ? 'too-little-data' : mature === variants.length ? 'learned' : 'learned-in-part'
    const fixed = mature === 0 ? shares.points() : undefined
    if (!parts.personal && fixed === undefined) remembered(undefined as S, undefined)
    const arms = variants.map((variant, i) => ({
      variant,
      chance: fixed ? fixed[i]! / POINTS : parts.personal ? null : points[i]! / POINTS,
      people: current.people[i]!,
      needed: minimum,
    }))
    const start = periodStart(number, period)
    const next = models.find(({ from }) => from > start)
    const later = next === undefined ? '' : ` ${laterOf(next, ready(next.model).mature)}`
    const sentence = sentenceNow(basis, current.version, arms, next !== undefined) + later
    return {
      basis,
      model: current.version,
      period: number,
      arms,
      sentence,
      serves: servedNow(basis, current.version) + later,
    }
  }

  // The newest version will decide soon: what takes milliseconds is done now, and not by the first request that needs it.
  const newest = models.at(-1)
  if (newest !== undefined) {
    current = ready(newest.model)
    if (!parts.personal) remembered(undefined as S, undefined)
  }
  return { kind: parts.kind, chances, choose, state }
}

function prepare<S>(
  variants: readonly string[],
  minimum: number,
  model: Model | undefined,
  scorer: Scorer<S> | undefined,
): Prepared<S> {
  const people = Float64Array.from(variants, key => model?.arms.find(arm => arm.variant === key)?.people ?? 0)
  const mature = Array.from(people, n => model !== undefined && n >= minimum)
  return { version: model?.version ?? 0, scorer, people, mature, known: new Map() }
}

/** Of a version made since this draw period began. With too little of every variant it will serve the split. */
function laterOf({ from, model }: ModelInForce, mature: readonly boolean[]): string {
  const when = `${new Date(from).toISOString().slice(0, 16).replace('T', ' ')} UTC`
  return mature.some(Boolean)
    ? `Version ${model.version} decides from ${when} on.`
    : `Version ${model.version} is in force from ${when} on, and knows too little: the split is served then too.`
}

function servedNow(basis: Basis, version: number): string {
  if (basis === 'too-little-data') return 'The split is served.'
  if (basis === 'learned') return `Version ${version} decides.`
  return `Version ${version} decides, and variants of which it knows too little have their share of the split.`
}

function sentenceNow(basis: Basis, version: number, arms: PolicyState['arms'], hasNext: boolean): string {
  if (version === 0 && hasNext) return 'The split is served.'
  const waiting = arms.filter(({ people, needed }) => version === 0 || people! < needed!)
  const counts = waiting.map(({ variant, people }) => `${variant} has ${Math.floor(people!)}`).join(', ')
  if (version === 0) return 'Nothing has been learned yet: the split is served.'
  const needed = arms[0]?.needed ?? 0
  if (basis === 'too-little-data')
    return `Too little data: ${counts} of the ${needed} people it takes. The split is served.`
  if (basis === 'learned') return `Version ${version} of the model decides.`
  return `Version ${version} of the model decides, but ${counts} of the ${needed} people it takes: until then their share of the split.`
}
