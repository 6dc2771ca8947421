export type * from './json.ts'
