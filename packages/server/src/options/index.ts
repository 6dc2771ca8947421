export { mistypedVariables, type OptionSources, readOptions, withDefaults } from './read.ts'
export { optionsReference } from './reference.ts'
export {
  environmentName,
  flagName,
  type Option,
  type OptionName,
  optionNames,
  optionTable,
  type ServerOptions,
} from './table.ts'
export { OptionError } from './value.ts'
