import { Session } from 'chdb'
import type { Settings } from '../client/settings.ts'
import type { Statement, StatementResult } from './protocol.ts'

/** Formats whose rows are handed to the engine as they are. */
const rawFormats = ['JSONEachRow', 'JSONCompactEachRow', 'TabSeparated', 'CSV'] as const
type RawFormat = (typeof rawFormats)[number]

const insertStatement = /^\s*INSERT\s+INTO\s+([\w.]+)\s*(?:\(([^()]*)\)\s*)?FORMAT\s+(\w+)\s*$/i

/**
 * One connection to the engine. Settings stay with a connection, so it remembers what it has set and changes only what the
 * next statement wants otherwise: no statement sees another's.
 */
export class Lane {
  readonly #session: Session
  #settings: Settings = {}
  #last: Promise<unknown> = Promise.resolve()

  constructor(session: Session) {
    this.#session = session
  }

  static async open(path: string, database: string, connectionArgs: readonly string[]): Promise<Lane> {
    const session = new Session(path, { connectionArgs })
    const name = `\`${database.replaceAll('`', '')}\``
    await session.queryAsync(`CREATE DATABASE IF NOT EXISTS ${name} ENGINE = Atomic`)
    await session.queryAsync(`USE ${name}`)
    return new Lane(session)
  }

  /** Runs when the statements before it are through. */
  run(statement: Statement): Promise<StatementResult> {
    const result = this.#last.then(() => this.#execute(statement))
    this.#last = result.catch(() => undefined)
    return result
  }

  async close(): Promise<void> {
    await this.#last
    this.#session.close()
  }

  async #execute({ sql, settings, params, body }: Statement): Promise<StatementResult> {
    await this.#apply(settings)
    if (body !== undefined) return this.#insert(sql, body)
    const bound = params !== undefined && Object.keys(params).length > 0
    const result = bound ? await this.#session.queryBindAsync(sql, params) : await this.#session.queryAsync(sql)
    return { bytes: result.bytes(), rows: result.rowsRead, written: 0, elapsed: result.elapsed }
  }

  async #insert(sql: string, body: Uint8Array): Promise<StatementResult> {
    const [, table, columns, format] = insertStatement.exec(sql) ?? []
    if (table === undefined || !isRawFormat(format)) {
      throw new Error(`Only INSERT INTO table [(columns)] FORMAT ${rawFormats.join('|')} takes rows, not: ${sql}`)
    }
    const done = await this.#session.insert({
      table,
      ...(columns === undefined ? {} : { columns: columns.split(',').map(name => name.trim().replaceAll('`', '')) }),
      values: body,
      format,
    })
    return { bytes: new Uint8Array(), rows: 0, written: done.rowsWritten, elapsed: done.elapsed }
  }

  async #apply(wanted: Settings): Promise<void> {
    const changes = [
      ...Object.keys(this.#settings)
        .filter(name => !(name in wanted))
        .map(name => `${name} = DEFAULT`),
      ...Object.entries(wanted)
        .filter(([name, value]) => this.#settings[name] !== value)
        .map(([name, value]) => `${identifier(name)} = ${literal(value)}`),
    ]
    if (changes.length === 0) return
    // Forgotten first: after a failure it is unknown what holds, so everything is set again.
    this.#settings = Object.fromEntries(
      Object.keys({ ...this.#settings, ...wanted }).map(name => [name, '\u0000unknown']),
    )
    await this.#session.queryAsync(`SET ${changes.join(', ')}`)
    this.#settings = wanted
  }
}

function isRawFormat(format: string | undefined): format is RawFormat {
  return rawFormats.some(raw => raw === format)
}

function identifier(name: string): string {
  if (!/^[a-z][a-z0-9_]*$/i.test(name)) throw new Error(`Not the name of a setting: ${JSON.stringify(name)}`)
  return name
}

function literal(value: string | number): string {
  return typeof value === 'number' ? String(value) : `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
}
