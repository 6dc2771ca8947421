/** A place in the journal: always the boundary of a frame (or the end of a segment's header). */
export interface Position {
  readonly segment: number
  readonly offset: number
}

export function comparePositions(a: Position, b: Position): number {
  return a.segment - b.segment || a.offset - b.offset
}
