import { describe, expect, it } from 'vitest'
import type { Definition } from '../definition/definition.ts'
import type { Event } from '../event/event.ts'
import { compiler } from '../segment/compile.ts'
import type { Condition } from '../segment/condition.ts'
import { NO_NAMES } from '../segment/language.ts'
import { Life, setOf } from '../segment/testing/life.ts'
import { Publication, withUpkeep } from '../segment/testing/publication.ts'
import { ACCOUNT_LIMITS } from './account.ts'

const NOW = Date.UTC(2026, 10, 2, 12)
const ANYONE: Condition = { account: { anyone: { did: 'Demo Requested', within: '1d' } } }
const ENTERPRISE: Condition = { account: { trait: 'plan', is: 'enterprise' } }

let messages = 0
const event = (userId: string, more: Partial<Event>): Event => ({
  type: 'track',
  name: 'Demo Requested',
  messageId: `m${++messages}`,
  userId,
  properties: {},
  context: {},
  timestamp: NOW,
  received: NOW,
  index: messages,
  ...more,
})
const joins = (userId: string, traits = {}) =>
  event(userId, { type: 'group', name: 'group', groupId: 'acme', properties: traits })

const isIn = (life: Life, userId: string, key: string) =>
  life.stream.find(`userId:${userId}`)?.memberships?.[key]?.in ?? false

describe('accounts', () => {
  it('R11 of an account of more people than are counted, the first who joined are those whom anyone is asked of', () => {
    const life = new Life(setOf({ anyone: ANYONE, enterprise: ENTERPRISE }))
    const people = Array.from({ length: ACCOUNT_LIMITS.members }, (_, i) => `u${i}`)
    life.receive(
      people.map(user => joins(user)),
      NOW,
    )
    life.receive([joins('late', { plan: 'enterprise' })], NOW)
    const members = () => life.stream.people.account('acme')!.members
    expect(members()).toHaveLength(ACCOUNT_LIMITS.members)

    // What somebody too many says of the account holds for all, themselves included.
    expect(['u0', 'u999', 'late'].map(user => isIn(life, user, 'enterprise'))).toEqual([true, true, true])
    // What they do counts for nobody, and what the others do for them as well.
    life.receive([event('late', {})], NOW + 1000)
    expect(['u0', 'late'].map(user => isIn(life, user, 'anyone'))).toEqual([false, false])
    life.receive([event('u0', {})], NOW + 2000)
    expect(['u0', 'u999', 'late'].map(user => isIn(life, user, 'anyone'))).toEqual([true, true, false])
    // Decisions look at the account itself.
    const late = life.stream.find('userId:late')!
    const { condition } = life.plan.segments.find(({ key }) => key === 'anyone')!
    const accounts = life.accountsOf(late)
    expect(condition.truth({ profile: late, context: {}, now: NOW + 2000, accounts }).value).toBe(true)
  })

  it('R5 what was said of an account before anything asked for it is known when it is asked for', () => {
    const before = withUpkeep({ version: 1, definitions: setOf({}).definitions }, { signals: [], segments: [] })
    const life = new Life(before)
    life.receive([joins('ada', { plan: 'enterprise' }), joins('bob'), event('bob', {})], NOW)
    life.elapse(NOW + 1000)
    const { definitions } = setOf({ anyone: ANYONE, enterprise: ENTERPRISE })
    const publication = new Publication(life, before, definitions)
    expect(isIn(life, 'ada', 'anyone')).toBe(false)
    for (let i = 0; i < 10 && !publication.isDone; i++) publication.go(100)
    expect(publication.isDone).toBe(true)
    for (const user of ['ada', 'bob']) {
      expect([isIn(life, user, 'enterprise'), isIn(life, user, 'anyone')], user).toEqual([true, true])
    }
  })

  it('R4 what a decision asks of anyone of an account is looked at from the start, before what was done earlier is known', () => {
    const before = withUpkeep({ version: 1, definitions: setOf({}).definitions }, { signals: [], segments: [] })
    const life = new Life(before)
    life.receive([joins('ada'), joins('bob'), joins('eve'), event('eve', {})], NOW)
    const experience: Definition<'experience'> = {
      kind: 'experience',
      key: 'colleague',
      version: 2,
      published: NOW,
      author: '',
      archived: false,
      body: {
        tactic: 'content',
        touchpoints: ['panel'],
        audience: ANYONE,
        variants: [{ key: 'a', content: { panel: 'for them' } }],
      },
    }
    const publication = new Publication(life, before, [...before.definitions, experience])
    const asked = compiler(NO_NAMES)(ANYONE)
    const isShown = (userId: string) => {
      const profile = life.stream.find(`userId:${userId}`)!
      return asked.truth({ profile, context: {}, now: life.stream.now, accounts: life.accountsOf(profile) }).value
    }
    expect(isShown('bob')).toBe(false)
    life.receive([event('ada', {})], NOW + 1000)
    expect(publication.isDone).toBe(false)
    expect(isShown('bob')).toBe(true)

    // Then what eve did before the definition counts as well.
    for (let i = 0; i < 10 && !publication.isDone; i++) publication.go(100)
    expect(isShown('bob')).toBe(true)
    const { holding } = life.stream.people.account('acme')!
    expect(Object.keys(Object.values(holding)[0]!)).toHaveLength(2)
  })
})
