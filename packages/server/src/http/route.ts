import type { ApiKey } from '@espalier/store'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Static, TSchema } from 'typebox'
import type { ProblemCode } from '../problem.ts'
import type { Services } from '../services.ts'

/**
 * Who may call: `anybody` without a key, `write` with a write or a secret key, `read` with an analyst's or a secret key (the handler
 * hides what is personal from analysts), `secret` with a secret key, `admin` with the admin key, `operator` with the admin key or
 * a secret key of the first workspace.
 */
export type Access = 'anybody' | 'write' | 'read' | 'secret' | 'admin' | 'operator'

export interface Call<P extends TSchema, Q extends TSchema, B extends TSchema> {
  readonly params: Static<P>
  readonly query: Static<Q>
  readonly body: Static<B>
  /** What the body was parsed from, where the route wants it; else ''. */
  readonly text: string
  /** The key's workspace; for `anybody` and `admin` it is ''. */
  readonly workspace: string
  readonly key: ApiKey | undefined
  readonly request: FastifyRequest
  readonly reply: FastifyReply
}

/** One endpoint: its schemas validate and document it alike. */
export interface Route<P extends TSchema = TSchema, Q extends TSchema = TSchema, B extends TSchema = TSchema> {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** `/v1/things/{key}` */
  readonly path: string
  readonly access: Access
  readonly summary: string
  readonly description?: string
  readonly tag: 'Events' | 'Decisions' | 'Definitions' | 'Catalog' | 'People' | 'Reports' | 'Operation'
  readonly params?: P
  readonly query?: Q
  /**
   * What else stands in the query is passed over, since whoever calls does not write it: formats of others, and what probes and
   * scrapers add. Elsewhere a field nobody knows is an error: a mistyped filter would answer everything.
   */
  readonly passesOverQuery?: boolean
  readonly body?: B
  /**
   * `schema`: the body is checked by its schema here. `handler`: the schema documents it and the handler checks it, because
   * it keeps the good parts (events) or names errors better (definitions).
   */
  readonly checks?: 'schema' | 'handler'
  /** The handler wants the body's text too, and refuses a body that is nested too deep itself. */
  readonly wantsText?: boolean
  /** Bytes, after inflation; `bodyBytes` of the options unless given. */
  readonly bodyLimit?: (services: Services) => number
  /** Asked often and answered fast: what arrives together is answered together (`turns.ts`). */
  readonly inStep?: boolean
  /** Pages of `trackOrigins` may call it. */
  readonly fromPages?: boolean
  /** What OpenAPI calls it, where its path would make the name of another. */
  readonly operationId?: string
  /** To HEAD as well, with which load balancers and monitors like to ask. */
  readonly answersHead?: boolean
  /** Tracking clients know 400, not 413. */
  readonly tooLargeIs?: 400 | 413
  readonly answer: {
    readonly status?: number
    readonly description: string
    readonly schema?: TSchema
    readonly type?: string
    /** As CSV too, with `format=csv`. */
    readonly alsoCsv?: boolean
    /** When the answer is 304, for clients that say what they know already. */
    readonly unchanged?: string
  }
  readonly errors?: readonly ProblemCode[]
  handle(call: Call<P, Q, B>, services: Services): unknown
}

/** An answer that is JSON already: what is asked often writes its own. */
export class JsonText {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

/** Keeps the handler typed by its schemas. */
export function route<P extends TSchema, Q extends TSchema, B extends TSchema>(spec: Route<P, Q, B>): Route {
  return spec as unknown as Route
}
