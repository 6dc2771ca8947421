export type { TextFormat } from './engine.ts'
export * from './error.ts'
export * from './limits.ts'
export * from './text.ts'
