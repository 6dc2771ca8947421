import { readFileSync } from 'node:fs'
import { slipOf } from '@espalier/core/problem'
import { parse as parseYaml } from 'yaml'
import { environmentName, flagName, type OptionName, optionNames, optionTable, type ServerOptions } from './table.ts'
import { OptionError, parseValue } from './value.ts'

export interface OptionSources {
  /** As given on the command line, by option name; undefined: not given. */
  readonly flags?: Readonly<Record<string, string | undefined>>
  /** The process's environment unless given. This is the only place that reads it. */
  readonly environment?: Readonly<Record<string, string | undefined>>
  /** A YAML or JSON file; `ESPALIER_CONFIG` names it where this does not. */
  readonly configFile?: string
}

/**
 * Options from flags, then environment, then config file, then defaults: the first that says something wins.
 * Throws `OptionError`.
 */
export function readOptions(sources: OptionSources = {}): ServerOptions {
  const environment = sources.environment ?? process.env
  const flags = sources.flags ?? {}
  const configFile = sources.configFile ?? environment[environmentName('config')]
  const file = configFile === undefined || configFile === '' ? {} : readConfigFile(configFile)
  const values: Record<string, unknown> = {}
  for (const name of optionNames) {
    const [raw, where] = firstOf(name, flags, environment, file, configFile)
    if (raw !== undefined) values[name] = parseValue(optionTable[name], raw, where)
  }
  return values as ServerOptions
}

/** Options as a program states them, by their values; what is left out has its default. */
export function withDefaults(given: Partial<ServerOptions>): ServerOptions {
  return { ...readOptions({ environment: {} }), ...given }
}

/** Variables that are an option's but for a slip of the hand, with the one that was meant: otherwise nobody would hear that they say nothing. */
export function mistypedVariables(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): { readonly name: string; readonly meant: string }[] {
  const known = [...optionNames, 'config', 'url'].map(environmentName)
  return Object.keys(environment).flatMap(name => {
    if (!name.startsWith(PREFIX) || known.includes(name)) return []
    const slip = slipOf(
      name.slice(PREFIX.length),
      known.map(one => one.slice(PREFIX.length)),
    )
    return slip === undefined ? [] : [{ name, meant: `${PREFIX}${slip}` }]
  })
}

const PREFIX = 'ESPALIER_'

function firstOf(
  name: OptionName,
  flags: Readonly<Record<string, string | undefined>>,
  environment: Readonly<Record<string, string | undefined>>,
  file: Readonly<Record<string, unknown>>,
  configFile: string | undefined,
): [raw: unknown, where: string] {
  if (flags[name] !== undefined) return [flags[name], `The flag ${flagName(name)}`]
  const variable = environmentName(name)
  // An empty variable is how shells and compose files say "not set".
  if (environment[variable] !== undefined && environment[variable] !== '') {
    return [environment[variable], `The environment variable ${variable}`]
  }
  if (file[name] !== undefined) return [file[name], `"${name}" in ${configFile}`]
  const option = optionTable[name]
  return ['default' in option ? option.default : undefined, `The default of ${name}`]
}

function readConfigFile(path: string): Record<string, unknown> {
  let parsed: unknown
  try {
    parsed = parseYaml(readFileSync(path, 'utf8'))
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n')[0] : String(error)
    throw new OptionError(
      `The config file ${path}`,
      `cannot be read: ${reason}`,
      'It is YAML or JSON, one line an option.',
    )
  }
  if (parsed === null) return {}
  if (typeof parsed !== 'object' || Array.isArray(parsed)) {
    throw new OptionError(`The config file ${path}`, 'does not hold options', 'Write lines such as `port: 8080`.')
  }
  for (const name of Object.keys(parsed)) {
    if (!Object.hasOwn(optionTable, name)) {
      throw new OptionError(`"${name}" in ${path}`, 'is not an option', `Options are ${optionNames.join(', ')}.`)
    }
  }
  return parsed as Record<string, unknown>
}
