/** Bounds (R11). A definition or a model beyond them is refused. */

/** Variants of an experience; the same as the definition's. */
export { MAX_ARMS } from '../numeric/chanceOfBest.ts'

/** Variants of a contextual bandit: each keeps a matrix. */
export const MAX_CONTEXTUAL_ARMS = 20
export const MAX_INPUTS = 32
/** Levels of a categorical input that are told apart; everything else is one further level. */
export const MAX_LEVELS = 20
/** Columns after one-hot encoding, the constant included: an arm's matrix has n(n+1)/2 numbers. */
export const MAX_COLUMNS = 64
/** Rules of a rule set. */
export const MAX_RULES = 100
/** Versions a timeline remembers, and with it how far back a roll-back can go. */
export const MAX_VERSIONS = 50
/** Sets of eligible variants whose shares are kept; beyond it they are worked out anew each time. */
export const MAX_MASKS = 64
