import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { nextUpkeep } from '../plan/upkeep.ts'
import { type Trial, trial } from './testing/arbitrary.ts'
import { Life, setOf } from './testing/life.ts'
import { Oracle } from './testing/oracle.ts'
import { Publication, withUpkeep } from './testing/publication.ts'

/** Between what was received and what is done next. */
const AFTER = 500

/** Everybody known: what the profile says of each segment, what the truth is, and what the oracle says. */
function agree(life: Life, { conditions, language }: Trial, now: number): void {
  const oracle = new Oracle(life.world, language)
  for (const [i, condition] of conditions.entries()) {
    const { condition: compiled } = life.plan.segments.find(({ key }) => key === `s${i}`)!
    const entered = life.entered(`s${i}`, now)
    for (const id of oracle.people(now)) {
      const profile = life.person(id)!
      const expected = oracle.holds(condition, id, { now, known: now })
      const { value } = compiled.truth({ profile, context: {}, now, accounts: life.accountsOf(profile) })
      const said = `${JSON.stringify(condition)} of ${id} at ${new Date(now).toISOString()}`
      const found = [value, profile.memberships?.[`s${i}`]?.in ?? false, entered.has(id)]
      expect(found, said).toEqual([expected, expected, expected])
    }
  }
}

describe('segments that are published while people live', () => {
  it('R5 R9 are true of everybody once they are filled, as if they had been there from the start', () => {
    let agreed = 0
    fc.assert(
      fc.property(
        trial('accounts', 3),
        fc.record({
          /** After so many requests, of ten. */
          at: fc.nat(9),
          /** Pieces of work done between requests, and whether a node dies there. */
          pace: fc.array(fc.record({ pieces: fc.nat(3), crash: fc.constantFrom(false, false, true) }), {
            minLength: 1,
            maxLength: 12,
          }),
          /** A definition that is there before, and stays. */
          before: fc.boolean(),
        }),
        (trial, { at: share, pace, before }) => {
          const { batches, conditions, language } = trial
          const all = setOf(Object.fromEntries(conditions.map((condition, i) => [`s${i}`, condition])), language)
          const first = all.definitions.filter(({ kind, key }) => kind !== 'segment' || (before && key === 's0'))
          // What is named by the definition that is there before is there with it.
          const named = before ? all.definitions.filter(({ key }) => key === 'inner') : []
          const begin = { version: 1, definitions: [...first, ...named] }
          const { signals } = nextUpkeep(withUpkeep(begin, { signals: [], segments: [] }))
          const set = withUpkeep(begin, { signals: signals.map(one => ({ ...one, filled: true })), segments: [] })
          const life = new Life(set)
          const published = Math.floor((batches.length * share) / 10)
          let publication: Publication | undefined
          for (const [i, { at, events }] of batches.entries()) {
            life.elapse(at)
            life.receive(events, at)
            life.elapse(at + AFTER)
            if (i === published) publication = new Publication(life, set, all.definitions)
            const step = pace[i % pace.length]!
            if (step.crash) publication?.crash()
            publication?.go(step.pieces)
            if (publication?.isDone !== true) continue
            agree(life, trial, at + AFTER)
            agreed++
          }
          while (!publication!.isDone) publication!.go(1)
          agree(life, trial, life.stream.now)
        },
      ),
      { numRuns: 60, seed: 20261108 },
    )
    expect(agreed).toBeGreaterThan(60)
  })
})
