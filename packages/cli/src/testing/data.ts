import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'

/** Real data beside the repository; not part of it. */
const FOLDER = fileURLToPath(new URL('../../../../../shared/data/', import.meta.url))

export function dataFile(name: string): string {
  return `${FOLDER}${name}`
}

/** Says why a test over real data does not run, where it does not. */
export function missingData(...names: string[]): string | undefined {
  const missing = names.filter(name => !existsSync(dataFile(name)))
  return missing.length === 0 ? undefined : `${missing.join(', ')} not found in ${FOLDER}`
}

/** Rows of a gzip'd CSV by the plainest of readers, independent of the one under test: quotes, but no line breaks in them. */
export function plainRows(name: string): Record<string, string>[] {
  const [header = '', ...lines] = gunzipSync(readFileSync(dataFile(name)))
    .toString('utf8')
    .split(/\r?\n/)
  const columns = split(header)
  const rows: Record<string, string>[] = []
  for (const line of lines) {
    if (line === '') continue
    const row: Record<string, string> = {}
    const cells = split(line)
    for (let i = 0; i < cells.length; i++) row[columns[i]!] = cells[i]!
    rows.push(row)
  }
  return rows
}

function split(line: string): string[] {
  if (!line.includes('"')) return line.split(',')
  const cells: string[] = []
  for (const match of line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g))
    cells.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? '')
  return cells
}
