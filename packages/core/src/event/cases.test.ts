import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../json.ts'
import cases from './cases.json' with { type: 'json' }
import { ITEM_ERRORS } from './errors.ts'
import type { EventType } from './event.ts'
import { readItem } from './readItem.ts'

interface Case {
  readonly name: string
  readonly item: unknown
  readonly base?: { readonly type?: EventType; readonly context?: JsonObject; readonly sentAt?: string }
  /** Fields the event must have; null: must not have. */
  readonly event?: JsonObject
  readonly error?: string
  /** What the error's message must name. */
  readonly mentions?: string
}

/** Language-neutral cases of reading an item received at 2026-11-01T09:00:00Z as the eighth of its request. */
describe('reading an item', () => {
  for (const { name, item, base = {}, event: expected, error: code, mentions } of cases as Case[]) {
    it(name, () => {
      const before = JSON.stringify(item)
      const { event, error } = readItem(item, {
        received: Date.UTC(2026, 10, 1, 9),
        index: 7,
        newMessageId: () => 'new-1',
        ...base,
      })
      expect(JSON.stringify(item)).toBe(before)
      expect(error?.code).toBe(code)
      if (mentions !== undefined) expect(error?.message).toContain(mentions)
      for (const [field, value] of Object.entries(expected ?? {})) {
        expect({ [field]: event?.[field as keyof typeof event] }).toEqual({ [field]: value ?? undefined })
      }
    })
  }

  it('has a case for every error that does not need a large item', () => {
    const large = ['too_large', 'too_many_properties', 'too_deep', 'value_invalid']
    const codes = new Set((cases as Case[]).map(({ error }) => error))
    expect(Object.keys(ITEM_ERRORS).filter(code => !codes.has(code) && !large.includes(code))).toEqual([])
  })
})
