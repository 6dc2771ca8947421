/**
 * The optimizer: looks at all that runs and says what to do next, with the reason and what is expected of it; and keeps its own record
 * of what it promised beside what was measured afterwards. From reports, definitions, traffic and the health of the log; nothing here
 * sees an event, a store or a clock.
 *
 * The way through: `judge` makes the reports, `suggest` asks each rule (`tracking`, `hurt`, `stop`, `declare`, `trySegment`, `noControl`,
 * `extend`) and orders what they say; `reconcile` writes it into the record, `outcomeOf` holds a promise against what came, and
 * `calibration` says how good the promises are.
 */
export * from './calibration.ts'
export { winnerOf } from './candidates.ts'
export * from './declare.ts'
export * from './judge.ts'
export * from './net.ts'
export * from './outcome.ts'
export * from './record.ts'
export * from './rhythm.ts'
export * from './running.ts'
export * from './suggest.ts'
export * from './suggestion.ts'
export * from './watched.ts'
