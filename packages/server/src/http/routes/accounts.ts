import { expire } from '@espalier/core/consent'
import Type from 'typebox'
import { Problem } from '../../problem.ts'
import { route } from '../route.ts'

/** Members that are listed. */
const LISTED = 100

export const getAccount = route({
  method: 'GET',
  path: '/v1/accounts/{id}',
  access: 'secret',
  tag: 'People',
  summary: 'One account: a company, from group calls',
  description: 'Traits are what all group calls of everybody said of it, of each key the newest statement.',
  params: Type.Object({
    id: Type.String({ minLength: 1, maxLength: 600, description: 'The groupId, percent-encoded.' }),
  }),
  answer: {
    description: 'The account.',
    schema: Type.Object({
      id: Type.String(),
      traits: Type.Record(Type.String(), Type.Unknown()),
      members: Type.Object({
        count: Type.Integer({ description: 'At most 1000: whoever joined later is not counted.' }),
        first: Type.Array(Type.Object({ profile: Type.String(), userId: Type.Optional(Type.String()) }), {
          description: 'Those who joined first, at most 100.',
        }),
      }),
    }),
  },
  errors: ['not_found'],
  async handle({ workspace, params: { id } }, { store, definitions, now }) {
    const [account] = await store.people.accounts(workspace, [id])
    if (account === undefined) {
      throw new Problem('not_found', `No account is known as "${id}".`, {
        path: 'path.id',
        mend: 'Name the groupId of a group call, percent-encoded.',
      })
    }
    const { retention } = (await definitions.of(workspace)).compiled
    const people = await Promise.all(account.members.slice(0, LISTED).map(one => store.people.get(workspace, one)))
    const { traits } = expire(account, retention, now())
    return {
      id,
      traits: Object.fromEntries(Object.entries(traits).map(([name, { value }]) => [name, value])),
      members: {
        count: account.members.length,
        first: people.flatMap(person =>
          person === undefined
            ? []
            : [{ profile: person.id, ...(person.userId !== undefined && { userId: person.userId }) }],
        ),
      },
    }
  },
})
