import type { Settings } from '../client/settings.ts'

/** What the parent says to the child that hosts chDB. Bytes travel as they are (advanced serialization). */
export type ToChild =
  | { readonly do: 'open'; readonly path: string; readonly database: string; readonly config: string }
  /** `file` holds the body, by a name within the child's folder. */
  | ({ readonly do: 'run'; readonly id: number; readonly file?: string } & Omit<Statement, 'body'>)
  | { readonly do: 'stop' }

export type ToParent =
  | { readonly is: 'open'; readonly version: string }
  | { readonly is: 'refused'; readonly message: string }
  | ({ readonly is: 'done'; readonly id: number } & StatementResult)
  | { readonly is: 'failed'; readonly id: number; readonly message: string }

/** One statement with all it needs; it leaves nothing behind in the session. */
export interface Statement {
  /** Statements of one lane run one after the other; the two lanes run side by side. */
  readonly lane: Lane
  readonly sql: string
  readonly settings: Settings
  /** Values for `{name:Type}`, bound by the engine. */
  readonly params?: Readonly<Record<string, unknown>>
  /** Rows of an `INSERT … FORMAT …`. */
  readonly body?: Uint8Array
}

export type Lane = 'read' | 'write'

export interface StatementResult {
  readonly bytes: Uint8Array
  /** Read: of an insert, those of its file. */
  readonly rows: number
  /** Seconds. */
  readonly elapsed: number
}
