import type { TSchema } from 'typebox'
import { type ExtraMember, type ProblemCode, problems } from '../problem.ts'
import { FAILURE_PROPERTIES, OFREP } from './ofrep.ts'
import type { Route } from './route.ts'

type Plain = { [key: string]: unknown }

/** OpenAPI 3.1 of the routes, from the schemas that validate them. */
export function openApi(routes: readonly Route[], version: string): Plain {
  const shared: Record<string, unknown> = { Error: errorSchema(), FlagError: flagErrorSchema() }
  const paths: Record<string, Plain> = {}
  for (const route of routes) {
    paths[route.path] = { ...paths[route.path], [route.method.toLowerCase()]: operation(route, shared) }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Espalier',
      version,
      description: 'Take in what customers do, decide what each gets, measure the difference it makes.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    paths,
    components: {
      schemas: shared,
      securitySchemes: {
        basic: { type: 'http', scheme: 'basic', description: 'The key as user, no password.' },
        bearer: { type: 'http', scheme: 'bearer', description: 'The key as token.' },
        apiKey: { type: 'apiKey', in: 'header', name: 'X-API-Key', description: 'The key, as OFREP sends it.' },
      },
    },
  }
}

function operation(route: Route, shared: Record<string, unknown>): Plain {
  const status = String(route.answer.status ?? (route.answer.schema === undefined && !route.answer.type ? 204 : 200))
  const type = route.answer.type ?? 'application/json'
  const schema = route.answer.schema === undefined ? {} : plain(route.answer.schema, shared)
  const content = { [type]: { schema }, ...(route.answer.alsoCsv && { 'text/csv': { schema: { type: 'string' } } }) }
  return {
    operationId: route.operationId ?? operationId(route),
    tags: [route.tag],
    summary: route.summary,
    description: [route.description, keyNeeded(route)].filter(text => text !== undefined).join('\n\n'),
    ...(route.access === 'anybody' ? { security: [] } : { security: [{ basic: [] }, { bearer: [] }, { apiKey: [] }] }),
    parameters: [...parameters(route.params, 'path', shared), ...parameters(route.query, 'query', shared)],
    ...(route.body === undefined
      ? {}
      : { requestBody: { required: true, content: { 'application/json': { schema: plain(route.body, shared) } } } }),
    responses: {
      [status]: { description: route.answer.description, ...(status === '204' ? {} : { content }) },
      ...(route.answer.unchanged === undefined ? {} : { 304: { description: route.answer.unchanged } }),
      ...errorResponses(route),
    },
  }
}

function keyNeeded(route: Route): string {
  const needs = {
    anybody: 'Needs no key.',
    write: 'Needs a write key or a secret key.',
    read: 'Needs a secret key, or an analyst’s, from which what is personal is hidden.',
    secret: 'Needs a secret key.',
    admin: 'Needs the admin key.',
    operator: 'Needs the admin key, or a secret key of the first workspace.',
  } as const
  return needs[route.access]
}

/** `GET /v1/profiles/{id}/events` -> `getProfilesIdEvents` */
function operationId(route: Route): string {
  const parts = route.path.split(/[^A-Za-z0-9]+/).filter(part => part !== '' && part !== 'v1')
  return route.method.toLowerCase() + parts.map(part => part[0]!.toUpperCase() + part.slice(1)).join('')
}

function parameters(schema: TSchema | undefined, place: 'path' | 'query', shared: Record<string, unknown>): Plain[] {
  if (schema === undefined) return []
  const { properties = {}, required = [] } = schema as { properties?: Record<string, TSchema>; required?: string[] }
  return Object.entries(properties).map(([name, property]) => ({
    name,
    in: place,
    required: required.includes(name),
    schema: plain(property, shared),
  }))
}

function errorResponses(route: Route): Plain {
  const codes: ProblemCode[] = [
    ...(mayBeAskedWrongly(route) ? (['invalid'] as const) : []),
    ...(route.body === undefined ? [] : BODY_CODES),
    // An analyst's key may only read.
    ...(route.access === 'anybody' ? [] : (['no_key', 'unknown_key', 'wrong_key'] as const)),
    ...(route.access === 'admin' || route.access === 'operator' ? (['not_admin'] as const) : []),
    ...(route.errors ?? []),
  ]
  const byStatus = new Map<string, ProblemCode[]>()
  for (const code of new Set(codes)) {
    const status = String(code === 'too_large' ? (route.tooLargeIs ?? 413) : problems[code].status)
    byStatus.set(status, [...(byStatus.get(status) ?? []), code])
  }
  const name = route.path.startsWith(OFREP) ? 'FlagError' : 'Error'
  const content = { 'application/json': { schema: { $ref: `#/components/schemas/${name}` } } }
  const responses = [...byStatus].map(([status, of]) => [status, { description: of.join(', '), content }])
  return { ...Object.fromEntries(responses), default: { description: 'An error of the catalogue.', content } }
}

const BODY_CODES = ['not_json', 'not_utf8', 'bad_encoding', 'too_deep', 'too_large'] as const

/** By what a body, a path or a query holds, or by a field of the query that nobody knows. */
function mayBeAskedWrongly({ params, query, body, passesOverQuery }: Route): boolean {
  return params !== undefined || query !== undefined || body !== undefined || passesOverQuery !== true
}

/** What an error may hold beside `error`. */
const EXTRA: Readonly<Record<ExtraMember | 'requestId', Plain>> = {
  success: { type: 'boolean', const: false, description: 'Of events: nothing was kept.' },
  errors: {
    type: 'array',
    description:
      'Each thing that is wrong: of `nothing_kept` and `held_back` an item, of `invalid_definition` a place.',
    items: {
      type: 'object',
      required: ['message'],
      properties: {
        index: { type: 'integer', description: 'The item’s place in the request.' },
        code: { type: 'string', description: 'Stable.' },
        file: { type: 'string', description: 'Where the definition was read from.' },
        kind: { type: 'string', description: 'Of the definition.' },
        key: { type: 'string', description: 'Of the definition.' },
        path: { type: 'string', description: 'Where in the definition.' },
        message: { type: 'string', description: 'What is wrong.' },
        mend: { type: 'string', description: 'What to do about it.' },
      },
    },
  },
  missingRates: {
    type: 'array',
    description: 'Of `missing_rates`: what is needed to add up.',
    items: {
      type: 'object',
      required: ['currency', 'days', 'firstDay'],
      properties: {
        currency: { type: 'string' },
        base: { type: 'string', description: 'The currency to import rates to.' },
        days: { type: 'integer', description: 'So many have none.' },
        firstDay: { type: 'string' },
      },
    },
  },
  requestId: { type: 'string', description: 'Of `internal`: what the server’s log calls the request.' },
}

function flagErrorSchema(): Plain {
  const { properties, ...rest } = errorSchema()
  return { ...rest, properties: { ...(properties as Plain), ...FAILURE_PROPERTIES } }
}

function errorSchema(): Plain {
  return {
    type: 'object',
    required: ['error'],
    properties: {
      ...EXTRA,
      error: {
        type: 'object',
        required: ['code', 'message', 'mend'],
        properties: {
          code: { type: 'string', enum: Object.keys(problems), description: 'Stable.' },
          message: { type: 'string', description: 'What is wrong.' },
          path: { type: 'string', description: 'Where in the request.' },
          mend: { type: 'string', description: 'What to do about it.' },
        },
      },
    },
  }
}

/**
 * A schema as plain JSON. A recursive one keeps its parts in `$defs` and names them by bare name; in a document of many
 * schemas these become shared components.
 */
function plain(schema: TSchema, shared: Record<string, unknown>): unknown {
  return hoist(JSON.parse(JSON.stringify(schema)), shared)
}

function hoist(node: unknown, shared: Record<string, unknown>): unknown {
  if (Array.isArray(node)) return node.map(item => hoist(item, shared))
  if (typeof node !== 'object' || node === null) return node
  const { $defs, $id: _, ...rest } = node as Plain
  for (const [name, definition] of Object.entries(($defs ?? {}) as Plain)) {
    if (shared[name] === undefined) {
      shared[name] = {}
      shared[name] = hoist(definition, shared)
    }
  }
  const entries = Object.entries(rest).map(([key, value]) => {
    const isName = key === '$ref' && typeof value === 'string' && !value.startsWith('#')
    return [key, isName ? `#/components/schemas/${value}` : hoist(value, shared)]
  })
  return Object.fromEntries(entries)
}
