import type { Definition, PublishedSet } from '@espalier/core/definition'
import type { Stage } from '@espalier/core/policy'
import type { ImpactStatistics } from '@espalier/warehouse'
import { describe, expect, it } from 'vitest'
import { NOTHING, stoppedTimes } from './record.ts'
import { type RolloutSpec, watchRollout } from './rollout.ts'

const NOON = Date.UTC(2026, 2, 10, 12)
const DAY = 86_400_000
const SPEC: RolloutSpec = { kind: 'rollout', variant: 'b', guardrails: ['slowest'], stagePeople: 20 }

/** An arm and its quantile; without one nobody in it did it. */
interface Seen {
  readonly variant?: string
  readonly control?: boolean
  readonly people: number
  readonly ms?: number
}

function statisticsOf(seen: readonly Seen[]): ImpactStatistics {
  return {
    arms: seen.map(({ variant = '', control = false, people }) => {
      const arm = { variant, control, people, exposures: people, expected: people }
      return { ...arm, conversions: people, sum: 0, sumSquares: 0 }
    }),
    contaminated: 0,
    missingRates: [],
    quantiles: {
      arms: seen.flatMap(({ variant = '', control = false, people, ms }) =>
        ms === undefined
          ? []
          : [{ variant, control, level: 0.8, count: people, value: ms, lower: ms - 10, upper: ms + 10 }],
      ),
      together: null,
    },
  }
}

async function watch(seen: readonly Seen[], stage: Stage, spec: RolloutSpec = SPEC) {
  const slowest = { type: 'quantile', event: 'Loaded', property: 'ms', level: 0.8, direction: 'down' }
  const set = {
    version: 1,
    definitions: [{ kind: 'metric', key: 'slowest', version: 1, published: 0, body: slowest }],
  } as unknown as PublishedSet
  const experience = { kind: 'experience', key: 'desk' } as Definition<'experience'>
  const warehouse = { impact: async () => statisticsOf(seen) }
  const state = { stage, since: NOON }
  return (await watchRollout(warehouse, 'main', set, experience, spec, state, NOON + 2 * DAY)).state
}

const control = (ms?: number, people = 100): Seen => ({ control: true, people, ...(ms !== undefined && { ms }) })
const others = (ms?: number, people = 400): Seen => ({ people, ...(ms !== undefined && { ms }) })
const shown = (ms?: number, people = 400): Seen => ({ variant: 'b', people, ...(ms !== undefined && { ms }) })

const HALTED = { stage: 'halted', signal: 'hurt' }
const ON = { stage: '100', signal: 'well' }

describe('a rollout that must not hurt a quantile', () => {
  it('stops when it is hurt, and goes on when it is not', async () => {
    expect(await watch([control(200), others(200), shown(400)], '50')).toMatchObject(HALTED)
    expect(await watch([control(200), others(200), shown(200)], '50')).toMatchObject(ON)
    expect(await watch([control(200), others(200), shown(100)], '50')).toMatchObject(ON)
  })

  it('is held against the larger of those not reached yet and the control group', async () => {
    expect(await watch([control(400), others(200), shown(400)], '50')).toMatchObject(HALTED)
    expect(await watch([control(200), others(400), shown(400)], '50')).toMatchObject(ON)
    expect(await watch([control(200, 500), others(400), shown(400)], '50')).toMatchObject(HALTED)
  })

  it('is held against the control group alone once everybody has been reached', async () => {
    expect(await watch([control(200), shown(400)], '100')).toMatchObject(HALTED)
    expect(await watch([control(400), shown(400)], '100')).toMatchObject({ stage: '100' })
  })

  it('is held against the variant that the others get', async () => {
    const spec = { ...SPEC, otherwise: 'a' }
    const old = (ms: number): Seen => ({ variant: 'a', people: 400, ms })
    expect(await watch([control(400), old(200), shown(400)], '50', spec)).toMatchObject(HALTED)
    expect(await watch([control(200, 900), old(400), shown(400)], '50', spec)).toMatchObject(ON)
  })

  it('says nothing where a side has no value or nobody', async () => {
    for (const seen of [
      [control(200), others(200), shown()],
      [control(), others(), shown(400)],
      [shown(400)],
      [control(200), others(200)],
    ]) {
      expect(await watch(seen, '50')).not.toMatchObject({ stage: 'halted' })
    }
  })
})

it('is stopped by chance no more often for being watched by more guardrails, which share the chance of error', async () => {
  const keys = Array.from({ length: 10 }, (_, i) => `kept-${i}`)
  const kept = { type: 'conversion', event: 'Kept' }
  const set = {
    version: 1,
    definitions: keys.map(key => ({ kind: 'metric', key, version: 1, published: 0, body: kept })),
  } as unknown as PublishedSet
  const experience = { kind: 'experience', key: 'desk' } as Definition<'experience'>
  const arm = (variant: string, conversions: number) => {
    const counts = { people: 4000, exposures: 4000, expected: 4000, conversions, sum: conversions }
    return { variant, control: false, ...counts, sumSquares: conversions }
  }
  const watch = async (guardrails: string[], conversions: number) => {
    const arms = [arm('', 400), arm('b', conversions)]
    const warehouse = { impact: async () => ({ arms, contaminated: 0, missingRates: [] }) }
    const state = { stage: '50', since: NOON } as const
    return (await watchRollout(warehouse, 'main', set, experience, { ...SPEC, guardrails }, state, NOON + DAY)).state
  }
  expect(await watch(keys.slice(0, 1), 315)).toMatchObject(HALTED)
  expect(await watch(keys, 315)).toMatchObject(ON)
  expect(await watch(keys, 200)).toMatchObject(HALTED)
})

it('tells when it was stopped from its steps, also where it goes on', () => {
  const times = (...stages: Stage[]) =>
    stoppedTimes({ ...NOTHING, steps: stages.map((stage, at) => ({ at, stage, sentence: '' })) })
  expect(stoppedTimes(NOTHING)).toEqual([])
  expect(times('1', '5')).toEqual([])
  expect(times('1', '5', 'halted')).toEqual([{ from: 2 }])
  expect(times('1', 'halted', 'halted', '1', '5', 'halted', '1')).toEqual([
    { from: 1, to: 3 },
    { from: 5, to: 6 },
  ])
})
