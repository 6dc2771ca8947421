/** What is wrong with what somebody wrote: where, why, and the mend. */
export * from './plain.ts'
export * from './problem.ts'
export * from './schemaProblems.ts'
export * from './suggest.ts'
