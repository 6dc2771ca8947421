import Type from 'typebox'
import { Problem } from '../../problem.ts'
import { hashKey, newKey } from '../../secrets.ts'
import { refuseControl } from '../check.ts'
import { route } from '../route.ts'

const KeyKind = Type.Union([Type.Literal('write'), Type.Literal('secret'), Type.Literal('analyst')], {
  description:
    'write: send events and ask for decisions; public. secret: everything. analyst: read, with what is personal hidden.',
})

const KeyView = Type.Object({
  id: Type.String(),
  kind: KeyKind,
  label: Type.String(),
  created: Type.Integer({ description: 'Epoch milliseconds.' }),
  revoked: Type.Optional(Type.Integer({ description: 'Epoch milliseconds.' })),
})

export const listKeys = route({
  method: 'GET',
  path: '/v1/keys',
  access: 'secret',
  tag: 'Operation',
  summary: 'The keys of the workspace',
  description: 'Never the keys themselves: only their hashes are kept.',
  answer: { description: 'Revoked ones too.', schema: Type.Object({ keys: Type.Array(KeyView) }) },
  async handle({ workspace }, { store }) {
    const keys = await store.keys.list(workspace)
    return { keys: keys.map(({ hash: _hash, workspace: _workspace, ...view }) => view) }
  },
})

export const makeKey = route({
  method: 'POST',
  path: '/v1/keys',
  access: 'secret',
  tag: 'Operation',
  summary: 'Make a key',
  body: Type.Object(
    { kind: KeyKind, label: Type.Optional(Type.String({ maxLength: 200 })) },
    { additionalProperties: false },
  ),
  answer: {
    status: 201,
    description: 'The key, shown this once.',
    schema: Type.Object({ ...KeyView.properties, key: Type.String() }),
  },
  async handle({ workspace, body }, { store, keys, newId, now }) {
    if (body.label !== undefined) refuseControl(body.label, 'body.label')
    const key = newKey(body.kind)
    const made = { id: newId(), kind: body.kind, label: body.label ?? '', created: now() }
    await store.keys.put({ ...made, workspace, hash: hashKey(key) })
    keys.forget()
    return { ...made, key }
  },
})

export const revokeKey = route({
  method: 'DELETE',
  path: '/v1/keys/{id}',
  access: 'secret',
  tag: 'Operation',
  summary: 'Revoke a key',
  description: 'Effective on every node within a second, for ever.',
  params: Type.Object({ id: Type.String({ maxLength: 100 }) }),
  answer: { status: 204, description: 'It is revoked.' },
  errors: ['not_found', 'conflict'],
  async handle({ workspace, params, key }, { store, keys, now }) {
    if (key?.id === params.id) {
      throw new Problem('conflict', 'This is the key you are using.', { mend: 'Revoke it with another secret key.' })
    }
    const revoked = await store.keys.revoke(workspace, params.id, now())
    if (!revoked) {
      // What was sent may be a key, so it is not said again.
      const mend = 'Name the id of a key, which `espalier keys list` tells, and not the key.'
      throw new Problem('not_found', 'There is no live key of this id in this workspace.', { mend })
    }
    keys.forget()
  },
})
