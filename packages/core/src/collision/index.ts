export * from './collisions.ts'
