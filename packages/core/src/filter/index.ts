/** What is compared with what: paths into JSON, comparisons of one value, filters of an event's properties. */
export * from './comparison.ts'
export * from './comparisons.ts'
export * from './filter.ts'
export * from './path.ts'
export * from './property.ts'
