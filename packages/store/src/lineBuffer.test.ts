import type { JsonObject } from '@espalier/core'
import type { Event } from '@espalier/core/event'
import { apply, type People } from '@espalier/core/stream'
import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { LineBuffer } from './lineBuffer.ts'
import { PLAN } from './lmdb/testing.ts'

const text = fc.string({ unit: 'binary', maxLength: 120 })

it('writes text, JSON and numbers as JSON has them', () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(text, fc.double({ noNaN: true, noDefaultInfinity: true }), fc.maxSafeInteger(), fc.nat())),
      pieces => {
        const out = new LineBuffer(8)
        for (const piece of pieces) {
          if (typeof piece === 'number') out.number(piece)
          else {
            out.quoted(piece)
            out.raw(piece)
          }
          out.byte(0x0a)
        }
        const expected = pieces.map(piece =>
          typeof piece === 'number' ? JSON.stringify(piece) : JSON.stringify(piece) + piece,
        )
        const all = expected.map(one => `${one}\n`).join('')
        expect(out.bytes.subarray(0, out.at).equals(Buffer.from(all))).toBe(true)
      },
    ),
    { seed: 11 },
  )
})

it.each([
  0, -0, 7, 10, 99, 100, 9_999_999, 10_000_000, 1_795_334_510_000, 99_999_999_999_999, 1e14, 1e21, -1, 0.5,
])('writes %d', number => {
  const out = new LineBuffer(1)
  out.number(number)
  expect(out.bytes.toString('utf8', 0, out.at)).toBe(JSON.stringify(number))
})

it('an event writes the line it has, with the text of the client or without', () => {
  fc.assert(
    fc.property(text, text, fc.dictionary(text, text), fc.boolean(), (name, userId, properties, asWritten) => {
      const event: Event = {
        type: 'track',
        messageId: `m ${name}`,
        name,
        userId: `u${userId}`,
        properties,
        context: { groupId: userId },
        timestamp: 1_700_000_000_000,
        received: 1_700_000_000_001,
        index: 3,
      }
      const told: Event = asWritten ? { ...event, written: textOf(event) } : event
      const { rows } = apply(nobody(), [{ kind: 'event', event: told }], CONTEXT)
      const out = new LineBuffer(1)
      rows[0]!.writeTo!(out)
      const line = out.bytes.toString('utf8', 0, out.at)
      expect(line).toBe(rows[0]!.line.toWellFormed())
      expect(JSON.parse(line)).toMatchObject({ name: name.toWellFormed(), index: 3, revenue: null })
    }),
    { seed: 12 },
  )
})

const CONTEXT = { workspace: 'w "1"', now: 0, newId: () => 'p', plan: PLAN }

function textOf({ properties, context }: Event) {
  const of = (value: JsonObject) => JSON.stringify(value)
  return { properties, propertiesText: of(properties), context, contextText: of(context) }
}

function nobody(): People {
  const links = new Map<string, string>()
  const profiles = new Map<string, ReturnType<People['profile']>>()
  return {
    link: identifier => links.get(identifier),
    setLink: (identifier, source) => links.set(identifier, source),
    profile: id => profiles.get(id),
    put: profile => profiles.set(profile.id, profile),
    unlink: identifier => links.delete(identifier),
    remove: id => profiles.delete(id),
    account: () => undefined,
    putAccount: () => undefined,
    removeAccount: () => undefined,
    seen: () => false,
    imported: () => false,
  }
}
