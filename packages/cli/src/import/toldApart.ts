import type { Item, Made } from './importer.ts'

/**
 * Items of one row that name the same messageId, told apart by their output: the server would take all but the first for the first,
 * sent again (R3).
 */
export function toldApart(made: Made[]): Made[] {
  if (made.length < 2) return made
  const taken = new Set<unknown>()
  return made.map(piece => {
    if (!('item' in piece)) return piece
    const { messageId } = piece.item.body
    if (typeof messageId !== 'string' || messageId === '') return piece
    if (!taken.has(messageId)) {
      taken.add(messageId)
      return piece
    }
    return { ...piece, item: apart(piece.item, piece.output) }
  })
}

/** The same item under a messageId that no other output of its row or group has. */
export function apart(item: Item, output: number): Item {
  const { messageId } = item.body
  if (typeof messageId !== 'string' || messageId === '') return item
  return { ...item, body: { ...item.body, messageId: `${messageId}:${output}` } }
}
