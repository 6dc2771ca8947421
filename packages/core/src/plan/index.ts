/** What a published set of definitions means for the stream: its segments, and the signals that have to be kept for them. */
export * from './needs.ts'
export * from './plan.ts'
export * from './upkeep.ts'
export * from './validateSet.ts'
