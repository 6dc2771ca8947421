import { beforeAll, describe, expect, it } from 'vitest'
import { regretPicture } from './picture.ts'
import { BANDIT, CONTEXTUAL, playBestFixed, playPolicy, type Regret } from './play.ts'

/** What was lost a day, on average over some days. */
function rate(regret: Regret, from: number, to: number): number {
  return (regret[to - 1]! - (from === 0 ? 0 : regret[from - 1]!)) / (to - from)
}

describe.each(['one', 'two'])('R7 learning in a world of which the truth is known, seed %s', seed => {
  let [fixed, contextual, bandit]: Regret[] = []
  beforeAll(() => {
    const play = { seed, days: 24, people: 400 }
    fixed = playBestFixed(play)
    contextual = playPolicy(play, CONTEXTUAL)
    bandit = playPolicy(play, BANDIT)
  })

  it('the contextual bandit’s regret grows slower than the best fixed split’s, and ever slower', () => {
    // The fixed one loses as much each day; the contextual one less and less.
    expect(Math.abs(rate(fixed!, 16, 24) / rate(fixed!, 0, 8) - 1)).toBeLessThan(0.1)
    expect(rate(contextual!, 16, 24)).toBeLessThan(0.5 * rate(fixed!, 16, 24))
    expect(rate(contextual!, 16, 24)).toBeLessThan(0.6 * rate(contextual!, 0, 8))
    expect(contextual!.at(-1)).toBeLessThan(0.75 * fixed!.at(-1)!)
  })

  it('a bandit that does not look at the person comes close to the best fixed split, and not below', () => {
    expect(rate(bandit!, 16, 24)).toBeLessThan(1.25 * rate(fixed!, 16, 24))
    expect(rate(bandit!, 16, 24)).toBeGreaterThan(0.95 * rate(fixed!, 16, 24))
  })
})

it('a picture names its curves where they end, and says in words what it shows', () => {
  const curves = [
    { name: 'one', colour: '#000000', regret: [10, 20, 31] },
    { name: 'two', colour: '#ff0000', regret: [10, 21, 30] },
  ]
  const svg = regretPicture(curves, 'Title', 'Caption.')
  expect(svg).toContain('<desc id="d">Caption. At the end: one 31, two 30.</desc>')
  const [first, second] = [...svg.matchAll(/y="([\d.]+)" fill="#(?:000000|ff0000)"/g)].map(match => Number(match[1]))
  expect(second! - first!).toBeGreaterThanOrEqual(17)
  expect(svg).not.toContain('NaN')
})
