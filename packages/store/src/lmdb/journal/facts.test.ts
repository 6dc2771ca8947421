import { type Applied, apply, type Entry, type People, type Row } from '@espalier/core/stream'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { idMaker, NOON, PLAN, tracked } from '../testing.ts'
import { entriesOf, type Fact, planFrom } from './facts.ts'
import { groupsOf, readDirectory, readHeader } from './frame.ts'
import { FrameBuilder } from './frameBuilder.ts'

/** People nobody has seen before: everything is stored. */
function nobody(): People {
  const links = new Map<string, string>()
  const profiles = new Map()
  const accounts = new Map()
  return {
    link: identifier => links.get(identifier),
    setLink: (identifier, source) => void links.set(identifier, source),
    unlink: identifier => void links.delete(identifier),
    profile: id => profiles.get(id),
    put: profile => void profiles.set(profile.id, profile),
    remove: id => void profiles.delete(id),
    seen: messageId => messageId.startsWith('known'),
    imported: () => false,
    account: id => accounts.get(id),
    putAccount: account => void accounts.set(account.id, account),
    removeAccount: id => void accounts.delete(id),
  }
}

/** Each batch applied, written as one frame, and read back. */
function throughFrame(batches: readonly (readonly Entry[])[]): { facts: Fact[][]; entries: Entry[][] } {
  const builder = new FrameBuilder()
  builder.reset()
  for (const entries of batches) {
    const { applied, rows } = apply(nobody(), entries, { workspace: 'w', now: NOON, newId: idMaker(), plan: PLAN })
    builder.addCommit({ w: 'w', now: NOON, ids: [] }, entries, applied, rows)
  }
  return readBack(builder)
}

function readBack(builder: FrameBuilder): { facts: Fact[][]; entries: Entry[][] } {
  builder.addTime(NOON)
  const { bytes } = builder.build(1)
  const { commits, groups } = readDirectory(bytes, readHeader(bytes)!)
  const lines = groupsOf(bytes, groups).map(group => Buffer.from(group.body).toString().split('\n'))
  const turns: number[] = []
  const entries = commits.map(commit => entriesOf(commit.f, (group, ordinal) => lines[group]![ordinal]!, turns))
  return { facts: commits.map(commit => [...commit.f]), entries }
}

const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 8 })
const json = fc.dictionary(text, fc.jsonValue({ maxDepth: 2 }), { maxKeys: 3, noNullPrototype: true })
const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined })

const entry = fc
  .record({
    type: fc.constantFrom('track', 'identify', 'page', 'screen', 'group', 'alias'),
    known: fc.boolean(),
    userId: optional(text),
    previousId: optional(text),
    category: optional(text),
    origin: optional(fc.record({ file: text, row: fc.nat() })),
    name: text,
    properties: json,
    context: json,
    timestamp: fc.constantFrom(NOON, NOON + 40 * 86_400_000, NOON + 1),
    index: fc.nat({ max: 9 }),
    exposed: fc.boolean(),
    unproven: fc.boolean(),
    n: fc.nat(),
  })
  .map(({ type, known, n, exposed, unproven, userId, previousId, category, origin, ...rest }) => {
    const event = {
      ...tracked(`${known ? 'known' : 'new'}-${n}`).event,
      ...rest,
      type: type as 'track',
      ...(userId === undefined ? {} : { userId }),
      ...(type === 'alias' && previousId !== undefined ? { previousId } : {}),
      ...(type === 'group' ? { groupId: 'acme' } : {}),
      ...(type === 'page' && category !== undefined ? { category } : {}),
      ...(origin === undefined ? {} : { origin }),
    }
    const seen = {
      requestId: 'r',
      touchpoint: 'home',
      experience: 'e',
      version: 1,
      variant: 'v',
      control: false,
      holdout: false,
      propensity: 0.5,
    }
    return { kind: 'event', event, ...(exposed && { exposure: seen }), ...(unproven && { unproven }) } as Entry
  })

describe('what a frame keeps of a commit', () => {
  it('R6 gives back every entry that was stored, as it was', () => {
    const decision: Entry = {
      kind: 'decision',
      decision: {
        messageId: 'd',
        userId: 'ada',
        timestamp: NOON,
        received: NOON,
        index: 0,
        touchpoint: 'home',
        experience: 'e',
        variant: 'v',
        control: false,
        propensity: 1,
        exposed: true,
        context: {},
      },
    }
    const others: Entry[] = [decision, { kind: 'appearance', anonymousId: 'web', at: NOON }]
    const batch = fc.array(
      fc.oneof({ weight: 5, arbitrary: entry }, { weight: 1, arbitrary: fc.constantFrom(...others) }),
      {
        maxLength: 8,
      },
    )
    fc.assert(
      fc.property(fc.array(batch, { maxLength: 4 }), batches => {
        const { entries } = throughFrame(batches)
        const stored = batches.map(one =>
          one.filter(({ kind, ...rest }) => {
            if (kind !== 'event') return true
            const { event } = rest as { event: { messageId: string; origin?: unknown } }
            return event.origin !== undefined || !event.messageId.startsWith('known')
          }),
        )
        expect(JSON.parse(JSON.stringify(entries))).toEqual(JSON.parse(JSON.stringify(stored)))
      }),
    )
  })

  it('is one digit for an event of which the row says all', () => {
    const { facts } = throughFrame([[tracked('a'), tracked('b', { userId: 'ada' }), tracked('c', { name: 'Bought' })]])
    expect(facts).toEqual([[0, 0, 0]])
  })

  it('is the whole entry where the row says something else', () => {
    const entries = [tracked('a'), tracked('b'), tracked('c')]
    const applied: Applied[] = entries.map(() => ({ outcome: 'stored' }))
    const rows: Row[] = entries.map(({ event }) => {
      const { table, partition, line } = apply(nobody(), [{ kind: 'event', event }], {
        workspace: 'w',
        now: NOON,
        newId: idMaker(),
        plan: PLAN,
      }).rows[0]!
      return { table, partition, line, ...(event.messageId === 'b' ? {} : { event }) }
    })
    const builder = new FrameBuilder()
    builder.reset()
    builder.addCommit({ w: 'w', now: NOON, ids: [] }, entries, applied, rows)
    const back = readBack(builder)
    expect(back.entries).toEqual([entries])
    expect(back.facts[0]![1]).toEqual({ e: entries[1] })
  })

  it('is nothing of a batch that was taken back', () => {
    const builder = new FrameBuilder()
    builder.reset()
    const add = (entries: Entry[]) => {
      const { applied, rows } = apply(nobody(), entries, { workspace: 'w', now: NOON, newId: idMaker(), plan: PLAN })
      builder.addCommit({ w: 'w', now: NOON, ids: [] }, entries, applied, rows)
    }
    add([tracked('a')])
    const mark = builder.mark()
    add([tracked('b'), tracked('april', { timestamp: NOON + 40 * 86_400_000 })])
    builder.backTo(mark)
    add([tracked('c')])
    const { entries, facts } = readBack(builder)
    expect(entries).toEqual([[tracked('a')], [tracked('c')]])
    expect(facts).toEqual([[0], [0]])
  })
})

it('a plan comes back as it was', () => {
  expect(planFrom({ plan: JSON.parse(JSON.stringify(PLAN.source)) })!.source).toEqual(PLAN.source)
})
