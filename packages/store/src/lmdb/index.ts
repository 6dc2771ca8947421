export type { JournalFile, JournalFiles } from './files.ts'
export { systemFiles } from './files.ts'
export type { LmdbStoreOptions } from './options.ts'
export { openLmdbStore } from './store.ts'
