import {
  compilePolicy,
  type Encoding,
  fitEncoding,
  learnerOf,
  type Model,
  type ModelInForce,
  type Policy,
  type PolicySpec,
  periodMs,
  publish,
  type Timeline,
  type TrainingRow,
  train,
} from '@espalier/core/policy'
import { random } from '@espalier/core/random'
import { bestChance, chance, INPUTS, VARIANTS, type Visitor, visitor } from './world.ts'

export interface Play {
  readonly seed: string
  readonly days: number
  readonly people: number
}

/** What a policy has lost against always knowing best: by the end of each day, in conversions expected. */
export type Regret = readonly number[]

const DAY = 86_400_000
/** Conversions come within a day of the decision, or not at all. */
const WINDOW = DAY

/** The same people come in the same order whatever is played, so that curves can be compared. */
function peopleOf(seed: string, day: number, people: number): Visitor[] {
  return Array.from({ length: people }, (_, i) => visitor(random(`${seed}/${day}/${i}`), day * people + i))
}

/** Everybody gets one variant, for ever. */
export function playFixed({ seed, days, people }: Play, variant: number): Regret {
  let lost = 0
  return Array.from({ length: days }, (_, day) => {
    for (const person of peopleOf(seed, day, people)) lost += bestChance(person) - chance(variant, person)
    return lost
  })
}

/** The best that can be had without looking at the person, which nobody knows beforehand. */
export function playBestFixed(play: Play): Regret {
  const all = VARIANTS.map((_, variant) => playFixed(play, variant))
  return all.reduce((best, one) => (one.at(-1)! < best.at(-1)! ? one : best))
}

/** A policy as it runs: each night it is trained on what has closed, and the new version decides from the next day on. */
export function playPolicy({ seed, days, people }: Play, spec: PolicySpec): Regret {
  const models = new Map<number, Model>()
  let timeline: Timeline = []
  let policy = compile(spec, timeline, models)
  let rows: TrainingRow[] = []
  let encoding: Encoding | undefined
  let lost = 0
  return Array.from({ length: days }, (_, day) => {
    const now = day * DAY
    for (const person of peopleOf(seed, day, people)) {
      const { arm, propensity } = policy.choose({ bucketKey: person.key, now, subject: person })
      lost += bestChance(person) - chance(arm, person)
      const reward = Number(random(`${seed}/reward/${person.key}/${arm}`).chance(chance(arm, person)))
      const variant = VARIANTS[arm]!
      rows.push({ variant, propensity, reward, decidedAt: now, closesAt: now + WINDOW, inputs: person.inputs })
    }
    if (spec.kind !== 'bandit' && spec.kind !== 'contextual') return lost
    const night = now + DAY - 60_000
    encoding ??= encodingOf(rows)
    const learner = learnerOf(spec, { variants: VARIANTS, ...(spec.kind === 'contextual' && { encoding }) })
    const { model } = train(learner, models.get(day), rows, night)
    models.set(model.version, model)
    timeline = publish(timeline, model.version, night, periodMs(spec))
    policy = compile(spec, timeline, models)
    rows = rows.filter(row => row.closesAt > night)
    return lost
  })
}

function encodingOf(rows: readonly TrainingRow[]): Encoding {
  const sumsOf = (key: string) => {
    const values = rows.map(row => row.inputs![key] as number)
    return {
      n: values.length,
      sum: values.reduce((a, b) => a + b, 0),
      sumSquares: values.reduce((a, b) => a + b * b, 0),
    }
  }
  const numeric = INPUTS.filter(input => input.kind === 'numeric')
  return fitEncoding(INPUTS, Object.fromEntries(numeric.map(({ key }) => [key, sumsOf(key)])))
}

function compile(spec: PolicySpec, timeline: Timeline, models: ReadonlyMap<number, Model>): Policy<Visitor> {
  return compilePolicy({
    spec,
    seed: 'regret',
    variants: VARIANTS.map(key => ({ key, weight: 1 / VARIANTS.length })),
    reads: Object.fromEntries(
      INPUTS.map(({ key }) => [key, (person: Visitor) => person.inputs[key as keyof Visitor['inputs']]]),
    ),
    models: timeline.map(({ from, version }): ModelInForce => ({ from, model: models.get(version)! })),
  })
}

export const BANDIT: PolicySpec = { kind: 'bandit' }
export const CONTEXTUAL: PolicySpec = {
  kind: 'contextual',
  inputs: INPUTS.map(input => ({
    ...input,
    from: { context: input.key },
    ...('levels' in input && { levels: [...input.levels] }),
  })) as Extract<PolicySpec, { kind: 'contextual' }>['inputs'],
}
