import { openApi } from '../openapi.ts'
import { type Route, route } from '../route.ts'

/** The document, made once of all routes, its own included. */
export function openApiRoute(routes: () => readonly Route[]): Route {
  let document: unknown
  return route({
    method: 'GET',
    path: '/openapi.json',
    access: 'anybody',
    tag: 'Operation',
    summary: 'This document',
    answer: { status: 200, description: 'OpenAPI 3.1.', type: 'application/json' },
    handle(_call, { version }) {
      document ??= openApi(routes(), version)
      return document
    },
  })
}
