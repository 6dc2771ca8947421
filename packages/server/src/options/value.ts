import type { Option } from './table.ts'

const BYTES = { B: 1, KB: 1024, MB: 1024 ** 2, GB: 1024 ** 3, TB: 1024 ** 4 } as const
const MILLISECONDS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const

const KINDS: Readonly<Record<Option['type'], string>> = {
  text: 'a text',
  secret: 'a text',
  list: 'a list of texts',
  choice: 'a text',
  integer: 'a whole number',
  bytes: 'a size such as 256MB',
  duration: 'a time such as 30s',
}

/** An option that cannot be used: names where it came from, what is wrong and what to write instead. */
export class OptionError extends Error {
  constructor(where: string, problem: string, mend: string) {
    super(`${where} ${problem}. ${mend}`)
    this.name = 'OptionError'
  }
}

/** Reads one value as written in a flag, a variable or a file; `where` names that place in errors. */
export function parseValue(option: Option, raw: unknown, where: string): string | number | readonly string[] {
  const mend = `Write for example ${option.example}.`
  if (option.type === 'list' && Array.isArray(raw)) raw = raw.join(',')
  if (typeof raw === 'number') raw = String(raw)
  if (typeof raw !== 'string') throw new OptionError(where, `is ${describe(raw)}, not ${KINDS[option.type]}`, mend)
  const text = raw.trim()
  switch (option.type) {
    case 'text':
      if (text === '') throw new OptionError(where, 'is empty', mend)
      return text
    case 'secret':
      if (text === '') throw new OptionError(where, 'is empty', 'Use a long random text.')
      return text
    case 'list':
      return text
        .split(',')
        .map(part => part.trim())
        .filter(part => part !== '')
    case 'choice':
      if (!option.choices?.includes(text)) {
        throw new OptionError(where, `is "${text}"`, `Use one of ${option.choices?.join(', ')}.`)
      }
      return text
    case 'integer':
      if (!/^\d+$/.test(text)) throw new OptionError(where, `is "${text}", not a whole number`, mend)
      return bounded(option, Number(text), where)
    case 'bytes':
      return bounded(option, withUnit(text, BYTES, 'B', where, KINDS.bytes, mend), where)
    case 'duration':
      return bounded(option, withUnit(text, MILLISECONDS, 'ms', where, KINDS.duration, mend), where)
  }
}

function withUnit(
  text: string,
  units: Readonly<Record<string, number>>,
  fallback: string,
  where: string,
  kind: string,
  mend: string,
): number {
  const match = /^(\d+(?:\.\d+)?)\s*([a-zA-Z]*)$/.exec(text)
  const wanted = (match?.[2] || fallback).toLowerCase()
  const unit = Object.entries(units).find(([name]) => name.toLowerCase() === wanted)?.[1]
  if (match === null || unit === undefined) throw new OptionError(where, `is "${text}", not ${kind}`, mend)
  return Math.round(Number(match[1]) * unit)
}

function bounded(option: Option, value: number, where: string): number {
  if (option.min !== undefined && value < option.min) {
    throw new OptionError(where, `is ${value}`, `The least is ${option.min}.`)
  }
  if (option.max !== undefined && value > option.max) {
    throw new OptionError(where, `is ${value}`, `The most is ${option.max}.`)
  }
  return value
}

function describe(raw: unknown): string {
  return raw === null ? 'null' : Array.isArray(raw) ? 'a list' : `a ${typeof raw}`
}
