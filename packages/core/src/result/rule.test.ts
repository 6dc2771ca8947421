import { describe, expect, it } from 'vitest'
import { type Random, random } from '../random/random.ts'
import type { EvidenceCell } from './cells.ts'
import { evidenceOf } from './evidence.ts'
import type { Rule } from './rule.ts'

interface Person {
  readonly values: readonly string[]
  readonly half: 0 | 1
  /** '' for the control group. */
  readonly variant: string
  readonly kpi: number
}

const NAMES = ['plan', 'country']

/** The plan `pro` answers to variant a by `answer` more, all others by nothing; a third is left out. */
function crowd(rng: Random, people: number, { answer, spend }: { answer: number; spend: boolean }): Person[] {
  return Array.from({ length: people }, () => {
    const values = [rng.chance(0.4) ? 'pro' : 'free', `c${rng.integer(4)}`]
    const variant = ['', 'a', 'b'][rng.integer(3)]!
    const does = rng.chance(0.4 + (variant === 'a' && values[0] === 'pro' ? answer : 0))
    const kpi = does ? (spend ? 1 + rng.integer(20) : 1) : 0
    return { values, half: rng.chance(0.5) ? 1 : 0, variant, kpi }
  })
}

function cellsOf(people: readonly Person[]): EvidenceCell[] {
  const groups = new Map<string, Person[]>()
  for (const one of people) {
    const key = JSON.stringify([one.values, one.half, one.variant])
    groups.set(key, [...(groups.get(key) ?? []), one])
  }
  return [...groups.values()].map(own => {
    const [{ values, half, variant }] = own as [Person]
    const sum = own.reduce((all, { kpi }) => all + kpi, 0)
    const sumSquares = own.reduce((all, { kpi }) => all + kpi * kpi, 0)
    const counts = { people: own.length, exposures: own.length, conversions: own.filter(({ kpi }) => kpi > 0).length }
    return { values, half, arm: { variant, control: variant === '', expected: 0, sum, sumSquares, ...counts } }
  })
}

function ruleFor(people: readonly Person[], type: 'conversion' | 'sum', direction: 'up' | 'down'): Rule {
  return evidenceOf(NAMES, cellsOf(people), { type, direction }).rule!
}

/** Person by person: pylift's Q, and scikit-uplift's coefficient of a KPI of 0 or 1. */
function bruteForce(people: readonly Person[], { model }: Rule, variant: string, direction: 'up' | 'down') {
  const one = model.variants.find(known => known.variant === variant)!
  const scoreOf = ({ values }: Person) =>
    NAMES.reduce((sum, name, i) => sum + (one.effects[name]?.[values[i]!] ?? 0), one.overall)
  const sign = direction === 'up' ? 1 : -1
  const judged = people.filter(person => person.half === 1 && (person.variant === '' || person.variant === variant))
  const order = judged.map(person => ({ person, score: sign * scoreOf(person) })).sort((a, b) => b.score - a.score)
  const groups: { score: number; people: Person[] }[] = []
  for (const { person, score } of order) {
    const open = groups.at(-1)
    const goes = open !== undefined && Math.abs(open.score - score) < 1e-9
    if (goes || (open !== undefined && open.people.length < judged.length / 20)) {
      open.people.push(person)
      open.score = score
    } else groups.push({ score, people: [person] })
  }
  const gainOf = ({ kpi }: Person) => (direction === 'up' ? kpi : 1 - kpi)
  const along = (parts: readonly (readonly Person[])[]) => {
    let [treated, left, gainTreated, gainLeft] = [0, 0, 0, 0]
    return parts.map(part => {
      for (const person of part) {
        if (person.variant === '') [left, gainLeft] = [left + 1, gainLeft + gainOf(person)]
        else [treated, gainTreated] = [treated + 1, gainTreated + gainOf(person)]
      }
      return { share: (treated + left) / judged.length, treated, left, gainTreated, gainLeft }
    })
  }
  const area = (points: readonly (readonly [share: number, value: number])[]) => {
    const all = [[0, 0] as const, ...points]
    const under = points.reduce((sum, [x, y], i) => sum + ((x - all[i]![0]) * (y + all[i]![1])) / 2, 0)
    return under - points.at(-1)![1] / 2
  }
  const radcliffe = (points: ReturnType<typeof along>) =>
    points.map(
      at => [at.share, at.gainTreated - (at.left === 0 ? 0 : (at.gainLeft * at.treated) / at.left)] as [number, number],
    )
  const points = along(groups.map(group => group.people))
  const [whole] = along([judged])
  const best = [1, 0, -1].map(rank =>
    judged.filter(person => gainOf(person) * (person.variant === '' ? -1 : 1) === rank),
  )
  return {
    q: area(points.map(at => [at.share, at.gainTreated / whole!.treated - at.gainLeft / whole!.left])),
    coefficient: area(radcliffe(points)) / area(radcliffe(along(best))),
    curve: radcliffe(points),
  }
}

describe.each(['up', 'down'] as const)('a KPI of which %s is better', direction => {
  const answer = direction === 'up' ? 0.4 : -0.4

  it('has the ranking that counting person by person has', () => {
    const rng = random(`rules ${direction}`)
    for (let experiment = 0; experiment < 20; experiment++) {
      const people = crowd(rng, 400 + 100 * experiment, { answer, spend: false })
      const rule = ruleFor(people, 'conversion', direction)
      for (const { variant, qini, coefficient, curve } of rule.ranking) {
        const found = bruteForce(people, rule, variant, direction)
        expect(qini.value).toBeCloseTo(found.q, 9)
        expect(coefficient).toBeCloseTo(found.coefficient, 9)
        expect(curve.slice(1).map(({ share, value }) => [share, value].map(x => x.toFixed(6)))).toEqual(
          found.curve.map(point => point.map(x => x.toFixed(6))),
        )
      }
    }
  })

  it.each(['conversion', 'sum'] as const)('a ranking (%s) that finds who answers is better than chance', type => {
    const people = crowd(random(`who answers ${type}`), 6000, { answer, spend: type === 'sum' })
    const { ranking } = ruleFor(people, type, direction)
    const { qini, coefficient, curve } = ranking.find(({ variant }) => variant === 'a')!
    expect(qini.interval![0]).toBeGreaterThan(0)
    expect(Math.max(...curve.map(({ value }) => value))).toBeGreaterThan(0)
    if (type === 'conversion') expect(coefficient).toBeGreaterThan(0.1)
  })
})
