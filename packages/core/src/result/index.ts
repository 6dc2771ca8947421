/** The result page of one experience, in data: what was asked, the answer, how we know, what was checked, what to do. */
export * from './answer.ts'
export * from './checks.ts'
export * from './csv.ts'
export * from './launch.ts'
export * from './next.ts'
export * from './page.ts'
