/** Bounds of identity (R11), with what happens at each. */
export const IDENTITY_LIMITS = {
  /** Identifiers of one person. At it further ones stay nobody's until they come alone: rule `full`. */
  identifiers: 500,
  /** Source profiles of one person. At it nothing more is merged into them: rule `full`. */
  sources: 500,
  /** Identifiers that one event is asked for, the most important kinds first; the others are left out. */
  keys: 10,
  /** Entries of `context.externalIds` that are looked at. */
  externalIds: 20,
  /** Characters of an identifier's value; a longer one counts as missing. */
  value: 500,
  /** Splits of one person. At it nothing more can be split off, and nobody who has splits is merged into them. */
  splits: 100,
  /** Kinds a workspace may name. */
  kinds: 10,
  /** Values a workspace may block of one kind. */
  blocked: 1000,
} as const
