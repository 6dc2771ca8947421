import { many } from '@espalier/core'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { CliError } from '../errors.ts'
import { KINDS, type Kind } from '../import/formats/plain.ts'
import { recognised } from '../import/formats/recognise.ts'
import { type ImportSummary, importFile } from '../import/run.ts'
import { count } from '../output/progressLine.ts'
import { table } from '../output/table.ts'
import type { Register } from '../program.ts'
import { apiOf, type ClientOptions, printJson, withClientOptions } from './client.ts'

interface Options extends ClientOptions {
  kind?: Kind
  mapping?: string
  encoding?: string
  rejects?: string
  dryRun: boolean
  limit?: number
}

export const importCommand: Register = (program, shell) => {
  const command: Command = program
    .command('import <file>')
    .description(
      'bring in events, decisions, catalog items, traits or exchange rates from CSV or NDJSON, gzip or plain',
    )
    .addOption(new Option('--kind <kind>', 'what the file holds, where it is not recognised').choices([...KINDS]))
    .option('--mapping <name or file>', 'how rows become events; without it the file is recognised by its columns')
    .option('--encoding <name>', 'what the file is written in, where it is not UTF-8: windows-1252, shift_jis, …')
    .option('--rejects <file>', 'where rows that are refused go, with the reason (default: FILE.rejects.csv)')
    .option('--dry-run', 'read and check everything, send nothing', false)
    .option('--limit <n>', 'send only the first n items, in order of time', wholeNumber)
    .addHelpText(
      'after',
      `\nRecognised without --mapping: ${recognised().join(', ')}.\nA row is taken in once, for ever: running the same import again changes nothing.`,
    )
  withClientOptions(command, shell).action(async (file: string, options: Options) => {
    const summary = await importFile(
      {
        file,
        kind: options.kind,
        mapping: options.mapping,
        encoding: options.encoding,
        rejects: options.rejects ?? `${file}.rejects.csv`,
        dryRun: options.dryRun,
        limit: options.limit,
      },
      apiOf(options, shell),
      shell,
    )
    if (options.json) printJson(shell, summary)
    else shell.out(described(summary))
    if (summary.interrupted) {
      throw new CliError('Interrupted', { mend: 'Run the same command again: it goes on where it stopped' })
    }
  })
}

function wholeNumber(text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value) || value < 1) throw new InvalidArgumentError('It must be a whole number from 1.')
  return value
}

/** Of very many rejects the first are written. */
const written = ({ rejected, unwritten }: ImportSummary) =>
  unwritten === 0 ? '' : `the first ${count(rejected - unwritten)} `

/** What a person wants to know after an import. */
export function described(summary: ImportSummary): string {
  const names = Object.entries(summary.names)
  const lines = [
    `${summary.file}: ${summary.format}, ${many(summary.rows, 'row')}${summary.first ? `, ${summary.first} to ${summary.last}` : ''}\n`,
    table(
      ['item', 'count'],
      names.slice(0, 30).map(([name, n]) => [name, count(n)]),
      [1],
    ),
  ]
  if (names.length > 30) lines.push(`and ${count(names.length - 30)} more names\n`)
  if (summary.dryRun) {
    const { example } = summary
    lines.push(
      `Nothing was sent (dry run).${example ? ` The first would be:\n${JSON.stringify(example.body, null, 2)}` : ''}\n`,
    )
  } else lines.push(`${count(summary.stored)} taken in, ${many(summary.duplicates, 'was', 'were')} there already\n`)
  if (summary.resumed > 0) lines.push(`${count(summary.resumed)} had been sent by a run before\n`)
  const { missing } = summary
  if (missing.length > 0) {
    const names = missing.slice(0, 10).map(name => `"${name}"`)
    const more = missing.length > 10 ? ` and ${missing.length - 10} more` : ''
    lines.push(`The mapping reads ${names.join(', ')}${more}, which the file does not have: counted as empty\n`)
  }
  if (summary.ignored > 0) lines.push(`${many(summary.ignored, 'row matches', 'rows match')} no rule of the mapping\n`)
  if (summary.rejected > 0) {
    lines.push(
      `${count(summary.rejected)} rejected${summary.rejects ? `, ${written(summary)}with the reason in ${summary.rejects}` : ''}; such as:\n`,
    )
    for (const { row, reason } of summary.reasons)
      lines.push(`  ${row === undefined ? '' : `row ${row + 1}: `}${reason}\n`)
  }
  if (summary.warned > 0) {
    lines.push(`${count(summary.warned)} taken in, but maybe not as they were meant; such as:\n`)
    for (const { row, reason } of summary.warnings) lines.push(`  row ${row + 1}: ${reason}\n`)
  }
  lines.push(`${summary.seconds} s, ${count(summary.rowsPerSecond)} rows/s\n`)
  return lines.join('')
}
