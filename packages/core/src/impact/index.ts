/**
 * What the programme brings: per experience, touchpoint, tactic, channel, stage, segment and time, as lift and as money, held
 * against what the holdout measures for all of it together. The warehouse sums over people, this compares; nothing here sees an event.
 *
 * The way through: `cell.ts` is what the warehouse delivers, and which groups may be compared; `compare.ts` adds differences;
 * `effect.ts` is lift and money of one group of cells, `month.ts` what that is a month, `anyway.ts` its needless discounts; `growth.ts` holds the sum against the
 * holdout, whose size `holdout.ts` checks; `targeting.ts` judges the choice of variants, `timing.ts` that of the moment; `spend.ts` has the KPIs of bought traffic; `report.ts` puts it together.
 */
export * from './anyway.ts'
export * from './cell.ts'
export * from './compare.ts'
export * from './csv.ts'
export * from './effect.ts'
export * from './growth.ts'
export * from './holdout.ts'
export * from './month.ts'
export * from './report.ts'
export * from './spend.ts'
export * from './sums.ts'
export * from './targeting.ts'
export * from './timing.ts'
export * from './words.ts'
