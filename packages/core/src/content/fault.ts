import type { World } from './world.ts'

/** Why content could not be made. */
export type FaultCode =
  /** An item that it shows is not in the catalog. */
  | 'missing-item'
  /** Fewer items than it needs are left after filtering. */
  | 'too-few-items'
  /** A text failed, or went beyond its bounds. */
  | 'template-error'
  /** An item has no price, or none that the guardrails allow. */
  | 'no-price'
  /** What was made does not fit the touchpoint's schema. */
  | 'misfit'

export interface Fault {
  readonly code: FaultCode
  /** One sentence without its full stop, for those who wrote the content: it may quote it. */
  readonly message: string
}

/** Thrown while content is made, caught where it is asked for. */
export class ContentError extends Error {
  override readonly name = 'ContentError'
  readonly code: FaultCode

  constructor(code: FaultCode, message: string) {
    super(message)
    this.code = code
  }
}

export function noPrice(id: string, { items }: Pick<World, 'items'>): ContentError {
  const priced = typeof items(id)?.price === 'number'
  return new ContentError('no-price', `item "${id}" has no price${priced ? ' that the guardrails allow' : ''}`)
}
