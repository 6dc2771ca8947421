export * from './bucket.ts'
