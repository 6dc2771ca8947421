/** Bounds of what one person unites (R11). At them further devices stay persons of their own: rule `full`. */
export const IDENTITY_LIMITS = {
  identifiers: 500,
  sources: 500,
} as const
