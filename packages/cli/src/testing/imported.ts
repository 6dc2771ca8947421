import type { JsonObject } from '@espalier/core'
import { Builder } from '../import/build.ts'
import type { Kind } from '../import/formats/plain.ts'
import { recognise } from '../import/formats/recognise.ts'
import type { Importer } from '../import/importer.ts'
import { Rejects } from '../import/rejects.ts'
import { openTable } from '../import/source/rows.ts'
import { temporaryFile } from './shell.ts'

/** When everything is imported here. */
const NOW = Date.UTC(2025, 0, 1)

/** What a file becomes without a mapping: who recognised it, and its items in order of time. */
export async function imported(
  text: string,
  kind?: Kind,
): Promise<{ importer: Importer; items: JsonObject[]; reasons: string[] }> {
  const path = temporaryFile('export', text)
  const table = await openTable(path)
  const importer = recognise(table, kind, path, NOW)
  const rejects = new Rejects()
  const builder = new Builder(importer, rejects)
  await builder.read(table, () => undefined, new AbortController().signal)
  const items: JsonObject[] = []
  for await (const { json } of builder.items()) items.push(JSON.parse(json) as JsonObject)
  builder.close()
  return { importer, items, reasons: rejects.sample().map(({ reason }) => reason) }
}

/** A line of JSON for each. */
export const ndjson = (...records: unknown[]) => records.map(record => JSON.stringify(record)).join('\n')
