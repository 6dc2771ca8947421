import fc from 'fast-check'
import { TEST_NOW } from '../../stream/testing.ts'
import type { Condition } from '../condition.ts'
import type { Language } from '../language.ts'
import { type Asked, joined, leavesOf, numbers } from './conditions.ts'
import { type Batch, batchesOf, crowd, type Theme } from './histories.ts'

const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE

/** A condition, what it refers to, and the events of one workspace in order of arrival. */
export interface Trial {
  readonly conditions: readonly Condition[]
  readonly language: Language
  readonly batches: readonly Batch[]
}

function languageOf(theme: Theme): fc.Arbitrary<Language> {
  return fc.record({
    zone: fc.constantFrom('UTC', 'Europe/Vienna', 'America/New_York', 'Asia/Kathmandu', 'Pacific/Apia'),
    segments: joined(leavesOf(theme, 'both').filter(leaf => !('segment' in leaf))).map(
      inner => new Map([['inner', inner]]),
    ),
    computed: numbers.map(value => new Map([['computed', value]])),
    calendar: fc.constant([
      { key: 'week', kind: 'sale' as const, from: TEST_NOW + DAY, to: TEST_NOW + 2 * DAY },
      { key: 'day', kind: 'sale' as const, from: TEST_NOW + 2 * DAY, to: TEST_NOW + 4 * DAY },
      { key: 'eve', kind: 'holiday' as const, from: TEST_NOW + 60 * MINUTE, to: TEST_NOW + 70 * MINUTE },
    ]),
  })
}

/** Conditions and the histories of so many groups of people that they are asked about. */
export function trial(asked: Asked, conditions: number, groups = 1): fc.Arbitrary<Trial> {
  return fc.constantFrom<Theme[]>('actions', 'actions', 'statements', 'both').chain(theme =>
    fc.record({
      conditions: fc.array(joined(leavesOf(theme, asked)), { minLength: conditions, maxLength: conditions }),
      language: languageOf(theme),
      batches:
        groups === 1
          ? batchesOf(theme)
          : fc.array(batchesOf(theme), { minLength: groups, maxLength: groups }).map(crowd),
    }),
  )
}
