export * from './apply.ts'
export * from './entry.ts'
export * from './people.ts'
export * from './rows.ts'
