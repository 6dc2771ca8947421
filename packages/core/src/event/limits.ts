/** Every bound of an event (R11). At each of them the event is refused with its own error code; nothing is cut short. */
export const EVENT_LIMITS = {
  /** Compact JSON of an item in UTF-8, with the batch's context. An import passes `IMPORT_ITEM_BYTES` instead. */
  bytes: 32 * 1024,
  /** Items of one batch. */
  items: 2500,
  /** Compact JSON of the context of a batch: it is stored with each of its items. */
  batchContextBytes: 8 * 1024,
  /** Keys at all levels of an item together. */
  properties: 10_000,
  /** Levels of objects and lists in `properties`, `traits` or `context`, itself the first. */
  depth: 32,
  /** Characters of a userId, anonymousId, previousId or groupId. */
  id: 500,
  /** A messageId is shorter than 100 characters. */
  messageId: 99,
  /** Characters of an event's, page's or screen's name and category. */
  name: 500,
  /** How far ahead of the server's clock an event may lie, in milliseconds; later ones are clamped to it (R10). */
  aheadMs: 5 * 60 * 1000,
  /** Times before this are refused: an unset clock, or seconds taken for milliseconds. */
  earliest: Date.UTC(1980, 0, 1),
  /** Times from this on are refused instead of clamped. */
  latest: Date.UTC(2100, 0, 1),
} as const

/** Bound of an imported item, bytes of compact JSON. */
export const IMPORT_ITEM_BYTES = 1024 * 1024

/** Inactivity that ends a session, milliseconds. */
export const SESSION_GAP_MS = 30 * 60 * 1000
