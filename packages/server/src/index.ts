export { restoreBackup } from './backup.ts'
export type { SummaryAnswer } from './http/routes/summary.ts'
export {
  environmentName,
  flagName,
  type Option,
  OptionError,
  type OptionName,
  type OptionSources,
  optionNames,
  optionTable,
  readOptions,
  type ServerOptions,
} from './options/index.ts'
export { StartError } from './problem.ts'
export { type Parts, type Server, startServer } from './start.ts'
