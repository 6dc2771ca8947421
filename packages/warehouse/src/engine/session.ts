import { Session } from 'chdb'
import type { Settings } from '../client/settings.ts'
import type { Statement, StatementResult } from './protocol.ts'

const insertStatement = /^\s*INSERT\s+INTO\s+([\w.]+\s*(?:\([^()]*\)\s*)?)FORMAT\s+(\w+)\s*$/i

/** What a lane runs: the rows of an insert are in a file. */
export type LaneStatement = Omit<Statement, 'body'> & { readonly file?: string }

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
  run(statement: LaneStatement): Promise<StatementResult> {
    const result = this.#last.then(() => this.#execute(statement))
    this.#last = result.catch(() => undefined)
    return result
  }

  async close(): Promise<void> {
    await this.#last
    this.#session.close()
  }

  async #execute({ sql, settings, params, file }: LaneStatement): Promise<StatementResult> {
    await this.#apply(settings)
    const text = file === undefined ? sql : fromFile(sql, file)
    const bound = params !== undefined && Object.keys(params).length > 0
    const result = bound ? await this.#session.queryBindAsync(text, params) : await this.#session.queryAsync(text)
    // It takes a file that it does not find for one without rows.
    if (file !== undefined && result.rowsRead === 0) throw new Error(`The engine found no rows in ${file}.`)
    return { bytes: result.bytes(), rows: result.rowsRead, elapsed: result.elapsed }
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

/** The statement with its rows taken from a file instead of from what follows it. */
function fromFile(sql: string, file: string): string {
  const [, target, format] = insertStatement.exec(sql) ?? []
  if (target === undefined) throw new Error(`Only INSERT INTO table [(columns)] FORMAT name takes rows, not: ${sql}`)
  return `INSERT INTO ${target} FROM INFILE ${literal(file)} FORMAT ${format}`
}

function identifier(name: string): string {
  if (!/^[a-z][a-z0-9_]*$/i.test(name)) throw new Error(`Not the name of a setting: ${JSON.stringify(name)}`)
  return name
}

function literal(value: string | number): string {
  return typeof value === 'number' ? String(value) : `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
}
