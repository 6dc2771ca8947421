import { describe, expect, it } from 'vitest'
import type { PublishedSet } from '../definition/definition.ts'
import { planSourceOf } from '../plan/needs.ts'
import { planOf } from '../plan/plan.ts'
import { validateSet } from '../plan/validateSet.ts'
import { library, USUAL_BUSINESS } from './index.ts'

const nothing: PublishedSet = { version: 0, definitions: [] }

describe('ready-made definitions', () => {
  it.each([7, 30, 365])('are valid together, for a rhythm of %i days', rhythmDays => {
    const entries = library({ ...USUAL_BUSINESS, rhythmDays })
    const changes = entries.map(({ kind, key, body }) => ({ kind, key, body: body as never }))
    expect(validateSet(changes, nothing)).toEqual([])
    expect(new Set(entries.map(({ kind, key }) => `${kind}/${key}`)).size).toBe(entries.length)
  })

  it('each says in words what it means, and all can be live at once', () => {
    const entries = library()
    for (const { body } of entries) expect(body.description!.length).toBeGreaterThan(5)
    const definitions = entries.map(({ kind, key, body }) => {
      return { kind, key, version: 1, published: 0, author: '', archived: false, body } as never
    })
    const plan = planOf(planSourceOf({ version: 1, definitions }))
    const segments = plan.segments.filter(({ anyone }) => anyone === undefined)
    expect(segments.length).toBe(entries.filter(({ kind }) => kind === 'segment').length)
  })
})
