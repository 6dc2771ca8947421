export * from './duration.ts'
export * from './instant.ts'
export * from './quarter.ts'
export * from './zone.ts'
