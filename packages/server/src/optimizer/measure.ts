import { type Definition, type Metric, type PublishedSet, settingsOf } from '@espalier/core/definition'
import { type Outcome, outcomeOf, type Promised } from '@espalier/core/optimizer'
import type { Store } from '@espalier/store'
import type { Warehouse } from '@espalier/warehouse'
import { metricNamed } from './windows.ts'

export interface MeasureParts {
  readonly warehouse: Pick<Warehouse, 'impact' | 'segmentArms' | 'heldOutArms'>
  readonly store: Pick<Store, 'definitions'>
}

/** Holds a promise against what came, from the same metric. Undefined where nothing was promised that can be measured. */
export async function measure(
  { warehouse, store }: MeasureParts,
  workspace: string,
  published: PublishedSet,
  { suggestion, measure: span }: Promised,
  now: number,
): Promise<Outcome | undefined> {
  const { about, expected } = suggestion
  if (expected === null || span === undefined || about.experience === undefined) return undefined
  // Archived or not: it is measured by what it was.
  const history = await store.definitions.history(workspace, 'metric', expected.metric)
  const own = (history as Definition<'metric'>[]).find(({ archived }) => !archived)
  const metric = (own ?? metricNamed(published, expected.metric))?.body
  if (metric === undefined) return undefined
  const { from, to } = span
  const { currency } = settingsOf(published)
  const question = { workspace, experience: about.experience, metric, now, currency }
  const ask = (range: { from: number; to: number }) => armsOf(warehouse, { ...question, ...range }, about.segment)
  const { arms, byChance, missingRates } = await ask({ from, to })
  const hasControl = arms.some(arm => arm.control && arm.people > 0)
  const isOne = about.segment !== undefined
  const heldOut = hasControl || isOne ? undefined : await warehouse.heldOutArms({ ...question, from, to })
  const before = hasControl ? undefined : (await ask({ from: from - (to - from), to: from })).arms
  return outcomeOf(suggestion, {
    at: now,
    from,
    to,
    metric,
    arms,
    missingRates,
    ...(byChance && { byChance }),
    ...(heldOut && { heldOut }),
    ...(before && { before }),
  })
}

async function armsOf(
  warehouse: MeasureParts['warehouse'],
  question: {
    workspace: string
    experience: string
    metric: Metric
    now: number
    currency: string
    from: number
    to: number
  },
  segment: string | undefined,
) {
  if (segment === undefined) {
    const { arms, byChance, missingRates } = await warehouse.impact(question)
    return { arms, byChance, missingRates: missingRates.length > 0 }
  }
  const at = segment.lastIndexOf(':')
  const [dimension, value] = [segment.slice(0, at), segment.slice(at + 1)]
  const parts = await warehouse.segmentArms({ ...question, segments: [dimension] })
  // The parts count an amount without a rate as nothing.
  const missing = question.metric.currency === undefined ? [] : (await warehouse.impact(question)).missingRates
  const arms = parts.find(part => part.value === value)?.arms ?? []
  return {
    arms: arms.map(({ weights: _, stratum: __, ...arm }) => arm),
    byChance: arms,
    missingRates: missing.length > 0,
  }
}
