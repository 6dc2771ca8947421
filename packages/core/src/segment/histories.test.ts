import { describe, expect, it } from 'vitest'
import histories from './histories.json' with { type: 'json' }
import { type HistoryCase, historyCases } from './testing/cases.ts'
import { Life, setOf } from './testing/life.ts'
import { Oracle } from './testing/oracle.ts'

/** What is received by then, one by one, as it comes. */
function lived({ condition, language, events }: HistoryCase, now: number): Life {
  const life = new Life(setOf({ asked: condition }, language))
  for (const event of events.filter(({ received }) => received <= now)) {
    life.elapse(event.received)
    life.receive([event], event.received)
  }
  life.elapse(now)
  return life
}

describe('conditions on histories', () => {
  it.each(historyCases(histories))('R5 $name', test => {
    const { condition, language, checks } = test
    for (const { of, now, context, value, until } of checks) {
      const life = lived(test, now)
      const oracle = new Oracle(life.world, language)
      const { id } = life.stream.find(of)!
      const said = `of ${of} at ${new Date(now).toISOString()}`
      expect(oracle.holds(condition, id, { now, known: now }, context), `the oracle ${said}`).toBe(value)
      const profile = life.person(id)!
      const accounts = life.accountsOf(profile)
      const compiled = life.plan.segments.find(({ key }) => key === 'asked')!.condition
      expect(compiled.truth({ profile, context: context ?? {}, now, accounts }), said).toEqual({ value, until })
      if (context === undefined) expect(profile.memberships?.asked?.in ?? false, `membership ${said}`).toBe(value)
    }
  })
})
