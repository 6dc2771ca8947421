export * from './account.ts'
export { considered } from './considered.ts'
