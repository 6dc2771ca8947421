import Type from 'typebox'
import { route } from '../route.ts'

export const identitySecret = route({
  method: 'GET',
  path: '/v1/identity-secret',
  access: 'secret',
  tag: 'Operation',
  summary: 'The secret that proves userIds',
  description:
    'userHash = hex of HMAC-SHA256(key: this secret as it stands, message: the userId). Made on your server, given to your page.',
  answer: { description: 'Keep it on servers.', schema: Type.Object({ identitySecret: Type.String() }) },
  handle({ workspace }, { userHashes }) {
    return { identitySecret: userHashes.identitySecret(workspace) }
  },
})
