import { describe, expect, it } from 'vitest'
import { armOfConversions, binomial } from '../experiment/testing.ts'
import { random } from '../random/random.ts'
import { judge } from './judge.ts'
import { suggest } from './suggest.ts'
import type { SuggestionKind } from './suggestion.ts'
import { BOUGHT, DAY, experienceOf, LEFT, NOON, watchedOf, watchOf } from './testing.ts'
import type { Judged } from './watched.ts'

/**
 * Experiences that change nothing, looked at again and again while they run. How many are at some look declared, stopped for
 * hurting, said to hurt a guardrail, or to work for a segment? Each has two variants, two guardrails and two segments.
 * (Of 400 with 12 looks each: 1.5 in 100 declared or stopped, 1 a guardrail, 0.3 a segment, 0.5 tracking; 3.3 in all.)
 */
const EXPERIENCES = 100
const LOOKS = 6
const EVERY_DAYS = 7
const PEOPLE_A_LOOK = 1500
const ARMS = ['', 'a', 'b']
const GUARDRAILS = ['left', 'complained']

describe('false alarms', () => {
  const variants = [
    { key: 'a', content: {} },
    { key: 'b', content: {} },
  ]
  const experience = experienceOf({ control: 1 / 3, variants })

  /** Kinds that were said at some look. */
  function watchOne(seed: string): Set<SuggestionKind> {
    const rng = random(seed)
    const counts = (share: number) => ARMS.map(() => 0).map(() => ({ did: 0, share }))
    const goal = [counts(0.08), counts(0.08)]
    const guards = GUARDRAILS.map(() => counts(0.04))
    const people = [ARMS.map(() => 0), ARMS.map(() => 0)]
    const said = new Set<SuggestionKind>()
    for (let look = 1; look <= LOOKS; look++) {
      for (const segment of [0, 1]) {
        for (const [arm] of ARMS.entries()) {
          const n = binomial(rng, PEOPLE_A_LOOK, 1 / 6)
          people[segment]![arm]! += n
          goal[segment]![arm]!.did += binomial(rng, n, 0.08)
          for (const guard of guards) guard[arm]!.did += binomial(rng, n, 0.04)
        }
      }
      const now = NOON + look * EVERY_DAYS * DAY
      const all = ARMS.map((_, arm) => people[0]![arm]! + people[1]![arm]!)
      const each = all.reduce((sum, n) => sum + n, 0) / 3
      const statistics = (did: readonly number[], some: readonly number[] = all) => ({
        arms: ARMS.map((variant, arm) => armOfConversions(variant, some[arm]!, did[arm]!, each)),
        contaminated: 0,
        missingRates: [],
        first: NOON,
        last: now,
      })
      const judged = (key: string, metric: typeof BOUGHT, did: readonly number[], confidence?: number): Judged =>
        judge(experience, { key, metric }, statistics(did), now, confidence === undefined ? {} : { confidence })
      const bought = ARMS.map((_, arm) => goal[0]![arm]!.did + goal[1]![arm]!.did)
      const watched = watchedOf({
        experience,
        days: look * EVERY_DAYS,
        segments: ['in', 'out'].map((value, segment) => ({
          dimension: 'new',
          value,
          arms: statistics(
            goal[segment]!.map(({ did }) => did),
            people[segment],
          ).arms,
        })),
        more: {
          goal: judged('bought', BOUGHT, bought),
          guardrails: GUARDRAILS.map((key, i) =>
            judged(
              key,
              LEFT,
              guards[i]!.map(({ did }) => did),
              1 - 0.05 / GUARDRAILS.length,
            ),
          ),
        },
      })
      for (const { kind, evidence } of suggest({ ...watchOf([watched]), now })) {
        if (kind !== 'stop' || evidence.verdict === 'hurts') said.add(kind)
      }
    }
    return said
  }

  it('are bounded, however often one looks: under 5 % of experiences in all', () => {
    const said = Array.from({ length: EXPERIENCES }, (_, i) => watchOne(`nothing ${i}`))
    const share = (...kinds: SuggestionKind[]) =>
      said.filter(one => kinds.some(kind => one.has(kind))).length / EXPERIENCES
    expect(share('declare', 'stop')).toBeLessThan(0.05)
    expect(share('metric-hurt')).toBeLessThan(0.05)
    expect(share('try-segment')).toBeLessThan(0.02)
    expect(share('tracking-broke')).toBeLessThan(0.02)
    expect(share('declare', 'stop', 'metric-hurt', 'try-segment', 'tracking-broke')).toBeLessThan(0.05)
    // It says something at all: that it is too early.
    expect(share('extend')).toBeGreaterThan(0.5)
  }, 300_000)
})
