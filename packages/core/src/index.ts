export * from './csv.ts'
export type * from './json.ts'
export * from './words.ts'
