import { type DecisionRow, jsonLine, partitionOf, type Row } from './rows.ts'

/** The row of a decide request, whatever made it. */
export function decisionRowOf(row: DecisionRow): Row {
  return { table: 'decisions', partition: partitionOf(row.timestamp), line: decisionLine(row) }
}

/**
 * As `jsonLine` writes it, at less cost: most of a row is the names of its columns and keys of definitions, which come again and
 * again. Joined at once: a text that grows piece by piece stays a tree of them, which is collected piece by piece, until it is written.
 */
export function decisionLine(row: DecisionRow): string {
  return [
    '{"workspace":',
    quotedKey(row.workspace),
    ',"profile":',
    JSON.stringify(row.profile),
    ',"timestamp":',
    row.timestamp,
    ',"request_id":',
    JSON.stringify(row.request_id),
    ',"bucket_key":',
    JSON.stringify(row.bucket_key),
    ',"definitions":',
    row.definitions,
    ',"context":',
    jsonLine(row.context),
    ',"inputs":',
    jsonLine(row.inputs),
    ',"answers.touchpoint":',
    quotedKeys(row['answers.touchpoint']),
    ',"answers.experience":',
    quotedKeys(row['answers.experience']),
    ',"answers.version":[',
    row['answers.version'].join(),
    '],"answers.variant":',
    quotedKeys(row['answers.variant']),
    ',"answers.reason":',
    quotedKeys(row['answers.reason']),
    ',"answers.propensity":[',
    row['answers.propensity'].join(),
    '],"answers.control":[',
    row['answers.control'].join(),
    '],"answers.holdout":[',
    row['answers.holdout'].join(),
    '],"answers.model":',
    quotedKeys(row['answers.model']),
    '}',
  ].join('')
}

function quotedKeys(keys: readonly string[]): string {
  let list = ''
  for (const key of keys) list += list === '' ? quotedKey(key) : `,${quotedKey(key)}`
  return `[${list}]`
}

/** Keys as JSON. */
const known = new Map<string, string>()
/** More are forgotten, all at once: definitions come and go. */
const MOST_KNOWN = 10_000

function quotedKey(key: string): string {
  let text = known.get(key)
  if (text === undefined) {
    if (known.size >= MOST_KNOWN) known.clear()
    text = JSON.stringify(key)
    known.set(key, text)
  }
  return text
}
