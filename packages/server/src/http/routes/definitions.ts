import type { JsonObject } from '@espalier/core'
import type { DefinitionChange } from '@espalier/core/definition'
import Type from 'typebox'
import { publish } from '../../pipeline/publish.ts'
import { route } from '../route.ts'
import { CollisionsView } from './collisions.ts'

const Kind = Type.String({
  maxLength: 50,
  description: 'touchpoint, experience, metric, segment, computedTrait or settings.',
})
const Body = Type.Record(Type.String(), Type.Unknown())

export const DefinitionView = Type.Object({
  kind: Kind,
  key: Type.String(),
  version: Type.Integer(),
  published: Type.Integer({ description: 'Epoch milliseconds.' }),
  author: Type.String({ description: 'Label or id of the key that published it.' }),
  archived: Type.Boolean(),
  body: Body,
})

const Change = Type.Object(
  {
    kind: Kind,
    key: Type.String({ maxLength: 200 }),
    body: Type.Union([Body, Type.Null()], { description: 'null archives.' }),
    file: Type.Optional(Type.String({ maxLength: 1000, description: 'Named in errors.' })),
  },
  { additionalProperties: false },
)

export const Changed = Type.Object({
  kind: Kind,
  key: Type.String(),
  version: Type.Integer(),
  change: Type.Union(['created', 'updated', 'archived', 'unchanged'].map(change => Type.Literal(change))),
})

export const getDefinitions = route({
  method: 'GET',
  path: '/v1/definitions',
  access: 'read',
  tag: 'Definitions',
  summary: 'Everything that is live, at one version',
  answer: {
    description: 'The published set.',
    schema: Type.Object({ version: Type.Integer(), definitions: Type.Array(DefinitionView) }),
  },
  async handle({ workspace }, { store }) {
    const { version, definitions } = await store.definitions.current(workspace)
    return { version, definitions: definitions.filter(({ kind }) => kind !== 'upkeep') }
  },
})

export const postDefinitions = route({
  method: 'POST',
  path: '/v1/definitions',
  access: 'secret',
  tag: 'Definitions',
  summary: 'Publish changes, all or none',
  description: 'Live on every node within 2 s. With `dryRun`, says what would change, and what would collide.',
  body: Type.Object(
    {
      changes: Type.Array(Change, { maxItems: 5000 }),
      expected: Type.Optional(Type.Integer({ description: 'Refuse with `conflict` unless this is the live version.' })),
      dryRun: Type.Optional(Type.Boolean()),
    },
    { additionalProperties: false },
  ),
  answer: {
    description: 'What is live now.',
    schema: Type.Object({
      version: Type.Integer(),
      changed: Type.Array(Changed),
      collisions: Type.Optional({
        ...CollisionsView,
        description: 'With `dryRun`: experiences that would want the same place for the same people.',
      }),
    }),
  },
  errors: ['invalid_definition', 'conflict', 'unavailable'],
  async handle({ workspace, body, key }, services) {
    const files = new Map<string, string>()
    const changes = body.changes.map(({ kind, key: name, body: definition, file }): DefinitionChange => {
      if (file !== undefined) files.set(`${kind}/${name}`, file)
      // An unknown kind is for `validateSet` to name, with the others that are wrong.
      return { kind: kind as DefinitionChange['kind'], key: name, body: (definition as JsonObject | null) ?? undefined }
    })
    return publish(services, workspace, changes, {
      author: key?.label || key?.id || '',
      dryRun: body.dryRun === true,
      fileOf: (kind, name) => files.get(`${kind}/${name}`),
      ...(body.expected === undefined ? {} : { expected: body.expected }),
    })
  },
})
