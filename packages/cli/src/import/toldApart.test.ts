import { expect, it } from 'vitest'
import type { Made } from './importer.ts'
import { toldApart } from './toldApart.ts'

const made = (output: number, messageId?: string): Made => ({
  output,
  item: { type: 'track', at: 0, body: messageId === undefined ? {} : { messageId } },
})
const idsOf = (all: Made[]) => all.map(piece => ('item' in piece ? piece.item.body.messageId : piece))

it('R3 items of one row keep a messageId each', () => {
  expect(idsOf(toldApart([made(0, 'a'), made(1, 'a'), made(2, 'b'), made(3, 'a')]))).toEqual(['a', 'a:1', 'b', 'a:3'])
})

it('what names none, or is a part of a group, stays as it is', () => {
  const all: Made[] = [made(0), made(1), made(2, ''), { output: 3, group: 'g', part: {} }]
  expect(toldApart(all)).toEqual(all)
  expect(toldApart([made(1, 'a')])).toEqual([made(1, 'a')])
})
