export * from './bucket-key.ts'
export * from './identifier.ts'
export * from './limits.ts'
export * from './resolve.ts'
