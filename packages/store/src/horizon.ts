/** How far back messageIds are remembered (R3). */
export interface Horizon {
  /** Milliseconds for which one is remembered… */
  readonly ageMs: number
  /** …unless so many others came after it in its workspace. */
  readonly ids: number
}

/** What R3 promises, in every store. */
export const HORIZON: Horizon = { ageMs: 7 * 86_400_000, ids: 100_000_000 }
