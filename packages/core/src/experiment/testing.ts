import type { Random } from '../random/random.ts'
import type { ArmStatistics } from './arm.ts'

/** For tests: what one person of an arm did, to be summed. */
export interface Person {
  readonly value: number
  /** Events behind the value, of a ratio metric. */
  readonly count?: number
  /** The same before. */
  readonly before?: number
  readonly countBefore?: number
  /** Their chance of the arm they are in. */
  readonly chance?: number
}

/** For tests: the statistics of an arm, person by person, as the warehouse would deliver them. */
export function armOfPeople(variant: string, people: readonly Person[], expected = people.length): ArmStatistics {
  const total = (of: (person: Person) => number) => people.reduce((sum, person) => sum + of(person), 0)
  const count = (person: Person) => person.count ?? 0
  const before = (person: Person) => person.before ?? 0
  const countBefore = (person: Person) => person.countBefore ?? 0
  const weight = (person: Person) => 1 / person.chance!
  const has = (member: keyof Person) => people.some(person => person[member] !== undefined)
  return {
    variant,
    control: variant === '',
    people: people.length,
    exposures: people.length,
    conversions: people.filter(person => person.value !== 0).length,
    sum: total(person => person.value),
    sumSquares: total(person => person.value ** 2),
    ...(has('count') && {
      denominatorSum: total(count),
      denominatorSumSquares: total(person => count(person) ** 2),
      crossSum: total(person => person.value * count(person)),
    }),
    ...(has('before') && {
      covariate: {
        sum: total(before),
        sumSquares: total(person => before(person) ** 2),
        crossSum: total(person => person.value * before(person)),
        ...(has('countBefore') && {
          ratio: {
            denominatorSum: total(countBefore),
            denominatorSumSquares: total(person => countBefore(person) ** 2),
            crossSum: total(person => before(person) * countBefore(person)),
            valueDenominatorSum: total(person => person.value * countBefore(person)),
            denominatorValueSum: total(person => count(person) * before(person)),
            denominatorsSum: total(person => count(person) * countBefore(person)),
          },
        }),
      },
    }),
    ...(has('chance') && {
      weights: {
        sum: total(weight),
        sumSquares: total(person => weight(person) ** 2),
        valueSum: total(person => weight(person) * person.value),
        valueSumSquares: total(person => (weight(person) * person.value) ** 2),
        valueCrossSum: total(person => weight(person) ** 2 * person.value),
        denominatorSum: total(person => weight(person) * count(person)),
        denominatorSumSquares: total(person => (weight(person) * count(person)) ** 2),
        ratioCrossSum: total(person => weight(person) ** 2 * person.value * count(person)),
        ...(has('before') && {
          beforeSum: total(person => weight(person) * before(person)),
          beforeSumSquares: total(person => (weight(person) * before(person)) ** 2),
          beforeCrossSum: total(person => weight(person) ** 2 * before(person)),
          productSum: total(person => weight(person) ** 2 * person.value * before(person)),
          beforeDenominatorSum: total(person => weight(person) * countBefore(person)),
          beforeDenominatorSumSquares: total(person => (weight(person) * countBefore(person)) ** 2),
          beforeRatioCrossSum: total(person => weight(person) ** 2 * before(person) * countBefore(person)),
          valueBeforeDenominatorSum: total(person => weight(person) ** 2 * person.value * countBefore(person)),
          denominatorBeforeSum: total(person => weight(person) ** 2 * count(person) * before(person)),
          denominatorsSum: total(person => weight(person) ** 2 * count(person) * countBefore(person)),
        }),
      },
    }),
    expected,
  }
}

/** For tests: an arm of people who did it or did not. */
export function armOfConversions(
  variant: string,
  people: number,
  conversions: number,
  expected = people,
): ArmStatistics {
  return {
    variant,
    control: variant === '',
    people,
    exposures: people,
    conversions,
    sum: conversions,
    sumSquares: conversions,
    expected,
  }
}

/** For tests: how many of `n` did it, each with this chance (below 1): by the gaps between those who did, which are geometric. */
export function binomial(rng: Random, n: number, chance: number): number {
  if (chance <= 0) return 0
  const logMiss = Math.log1p(-chance)
  let successes = -1
  for (let at = 0; at <= n; successes++) at += 1 + Math.floor(Math.log(1 - rng.uniform()) / logMiss)
  return successes
}

/** For tests: where an answer holds what JSON cannot say: NaN, Infinity, undefined. */
export function unspeakable(answer: unknown, path = ''): string[] {
  if (typeof answer === 'number') return Number.isFinite(answer) ? [] : [`${path}: ${answer}`]
  if (answer === undefined) return [`${path}: undefined`]
  if (typeof answer !== 'object' || answer === null) return []
  return Object.entries(answer).flatMap(([key, value]) => unspeakable(value, `${path}/${key}`))
}
