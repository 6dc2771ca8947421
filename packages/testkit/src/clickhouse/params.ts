const escapes: Record<string, string> = { t: '\t', n: '\n', r: '\r', b: '\b', f: '\f', '0': '\0' }

const unescaped = (text: string) => text.replace(/\\(.)/gs, (_, char: string) => escapes[char] ?? char)

export type ParamValue = string | null | (string | number)[]

/**
 * What a query parameter stands for. A scalar travels escaped as in TSV, with `\N` for null; an array as ClickHouse writes it,
 * `['a','it\'s']` or `[1,2]`.
 */
export function readParam(text: string, type: string): ParamValue {
  if (text === '\\N') return null
  if (!type.startsWith('Array(')) return unescaped(text)
  const items = text.slice(1, -1).match(/'(?:[^'\\]|\\.)*'|[^,]+/gs) ?? []
  return items.map(item => (item.startsWith("'") ? unescaped(item.slice(1, -1)) : Number(item)))
}

/** Names in a query string that are no settings. */
const reserved = new Set([
  'query',
  'query_id',
  'database',
  'user',
  'password',
  'role',
  'session_id',
  'session_timeout',
  'session_check',
  'default_format',
  'compress',
  'decompress',
  'wait_end_of_query',
  'buffer_size',
  'enable_http_compression',
  'send_progress_in_http_headers',
])

export interface StatementOptions {
  readonly settings: Record<string, string>
  readonly params: Record<string, ParamValue>
}

/** Settings and `param_…` values of a request; what a value is, the statement's placeholders say. */
export function readOptions(search: URLSearchParams, sql: string): StatementOptions {
  const types = new Map([...sql.matchAll(/\{(\w+):([^}]+)\}/g)].map(match => [match[1]!, match[2]!.trim()]))
  const settings: Record<string, string> = {}
  const params: Record<string, ParamValue> = {}
  for (const [name, value] of search) {
    if (name.startsWith('param_')) {
      const param = name.slice('param_'.length)
      params[param] = readParam(value, types.get(param) ?? 'String')
    } else if (!reserved.has(name)) settings[name] = value
  }
  return { settings, params }
}
