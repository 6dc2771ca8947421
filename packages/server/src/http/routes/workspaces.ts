import Type from 'typebox'
import { Problem } from '../../problem.ts'
import { makeWorkspace } from '../../workspace.ts'
import { route } from '../route.ts'

export const makeWorkspaceRoute = route({
  method: 'POST',
  path: '/v1/workspaces',
  access: 'admin',
  tag: 'Operation',
  summary: 'Make a workspace',
  description: 'With its first two keys. Workspaces share nothing.',
  body: Type.Object(
    {
      workspace: Type.String({
        pattern: '^[a-z0-9][a-z0-9_-]{0,49}$',
        description: 'Its name, for ever: lower case letters, digits, dash and underscore.',
      }),
    },
    { additionalProperties: false },
  ),
  answer: {
    status: 201,
    description: 'The keys, shown this once.',
    schema: Type.Object({ workspace: Type.String(), writeKey: Type.String(), secretKey: Type.String() }),
  },
  errors: ['conflict'],
  async handle({ body }, services) {
    const { workspace } = body
    if ((await services.store.keys.workspaces()).includes(workspace)) {
      throw new Problem('conflict', `There is a workspace ${workspace} already.`, { mend: 'Take another name.' })
    }
    return { workspace, ...(await makeWorkspace(services.store, workspace, services)) }
  },
})
