export * from './arm.ts'
