import type { JsonObject } from '@espalier/core'
import { type Kind, SCHEMAS, SETTINGS_KEY } from '@espalier/core/definition'
import Type from 'typebox'
import { publish } from '../../pipeline/publish.ts'
import { Problem } from '../../problem.ts'
import type { Services } from '../../services.ts'
import { type Route, route } from '../route.ts'
import { Changed, DefinitionView } from './definitions.ts'

const Key = Type.Object({ key: Type.String({ maxLength: 200 }) })
const Result = Type.Object({ version: Type.Integer(), changed: Type.Array(Changed) })

const kinds = {
  touchpoints: 'touchpoint',
  experiences: 'experience',
  metrics: 'metric',
  segments: 'segment',
  'computed-traits': 'computedTrait',
} as const

/** Reading and writing one definition, for each kind; settings are one definition without a key. */
export const definitionRoutes: readonly Route[] = [
  // One segment is more than its definition: routes/segments.ts.
  ...Object.entries(kinds)
    .flatMap(([plural, kind]) => routesOf(plural, kind))
    .filter(({ method, path }) => !(method === 'GET' && path === '/v1/segments/{key}')),
  route({
    method: 'GET',
    path: '/v1/settings',
    access: 'read',
    tag: 'Definitions',
    summary: 'The settings of the workspace, defaults filled in',
    answer: { description: 'The settings.', schema: SCHEMAS.settings },
    async handle({ workspace }, { definitions }) {
      return (await definitions.refresh(workspace)).settings
    },
  }),
  route({
    method: 'PUT',
    path: '/v1/settings',
    access: 'secret',
    tag: 'Definitions',
    summary: 'Replace the settings',
    body: SCHEMAS.settings,
    checks: 'handler',
    answer: { description: 'What changed.', schema: Result },
    errors: ['invalid_definition'],
    handle({ workspace, body, key }, services) {
      return put(services, workspace, 'settings', SETTINGS_KEY, body, key?.label || key?.id || '')
    },
  }),
]

function routesOf(plural: string, kind: Kind): Route[] {
  return [
    route({
      method: 'GET',
      path: `/v1/${plural}`,
      access: 'read',
      tag: 'Definitions',
      summary: `The live ${plural}`,
      answer: { description: 'By key.', schema: Type.Object({ [plural]: Type.Array(DefinitionView) }) },
      async handle({ workspace }, { store }) {
        const { definitions } = await store.definitions.current(workspace)
        return { [plural]: definitions.filter(definition => definition.kind === kind && !definition.archived) }
      },
    }),
    route({
      method: 'GET',
      path: `/v1/${plural}/{key}`,
      access: 'read',
      tag: 'Definitions',
      summary: `One ${kind}, as it is live`,
      params: Key,
      answer: { description: 'The definition.', schema: DefinitionView },
      errors: ['not_found'],
      async handle({ workspace, params }, { store }) {
        const { definitions } = await store.definitions.current(workspace)
        const found = definitions.find(one => one.kind === kind && one.key === params.key && !one.archived)
        if (found === undefined) throw new Problem('not_found', `There is no ${kind} "${params.key}".`)
        return found
      },
    }),
    route({
      method: 'GET',
      path: `/v1/${plural}/{key}/versions`,
      access: 'read',
      tag: 'Definitions',
      summary: `All versions of one ${kind}, newest first`,
      params: Key,
      answer: { description: 'Archived ones too.', schema: Type.Object({ versions: Type.Array(DefinitionView) }) },
      errors: ['not_found'],
      async handle({ workspace, params }, { store }) {
        const versions = await store.definitions.history(workspace, kind, params.key)
        if (versions.length === 0) throw new Problem('not_found', `There never was a ${kind} "${params.key}".`)
        return { versions }
      },
    }),
    route({
      method: 'PUT',
      path: `/v1/${plural}/{key}`,
      access: 'secret',
      tag: 'Definitions',
      summary: `Publish one ${kind}`,
      description: 'A new version, unless it says what the live one says. Live on every node within 2 s.',
      params: Key,
      body: SCHEMAS[kind],
      checks: 'handler',
      answer: { description: 'What changed.', schema: Result },
      errors: ['invalid_definition'],
      handle({ workspace, params, body, key }, services) {
        return put(services, workspace, kind, params.key, body, key?.label || key?.id || '')
      },
    }),
    route({
      method: 'DELETE',
      path: `/v1/${plural}/{key}`,
      access: 'secret',
      tag: 'Definitions',
      summary: `Archive one ${kind}`,
      description: 'It decides nothing any more; its versions stay readable.',
      params: Key,
      answer: { description: 'What changed.', schema: Result },
      errors: ['not_found', 'invalid_definition'],
      async handle({ workspace, params, key }, services) {
        const { definitions } = await services.store.definitions.current(workspace)
        if (!definitions.some(one => one.kind === kind && one.key === params.key && !one.archived)) {
          throw new Problem('not_found', `There is no ${kind} "${params.key}".`)
        }
        const changes = [{ kind, key: params.key, body: undefined }]
        return publish(services, workspace, changes, { author: key?.label || key?.id || '' })
      },
    }),
  ]
}

function put(services: Services, workspace: string, kind: Kind, key: string, body: unknown, author: string) {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new Problem('invalid', `The body must be a ${kind} as a JSON object.`, { path: 'body' })
  }
  return publish(services, workspace, [{ kind, key, body: body as JsonObject }], { author })
}
