import { collisionsOf } from '@espalier/core/collision'
import Type from 'typebox'
import { route } from '../route.ts'

const CollisionView = Type.Object({
  kind: Type.String({
    description:
      'never-shown: the first takes everybody. tie: both have the same priority. overlap: people of both get the first, as may be meant.',
  }),
  touchpoint: Type.String(),
  experiences: Type.Array(Type.String(), { description: 'The one that goes first, and the other.' }),
  message: Type.String(),
  mend: Type.String(),
})

export const CollisionsView = Type.Object({
  collisions: Type.Array(CollisionView, { description: 'What is most likely a mistake comes first.' }),
  more: Type.Boolean({ description: 'There are more than are told.' }),
})

export const getCollisions = route({
  method: 'GET',
  path: '/v1/collisions',
  access: 'read',
  tag: 'Definitions',
  summary: 'Experiences that want the same place for the same people',
  description:
    'Of all that are not ended, drafts included, so that they are found before a launch. Schedules, audiences that contradict each other, layers and dependencies keep experiences apart.',
  answer: { description: 'The collisions.', schema: CollisionsView },
  async handle({ workspace }, { store }) {
    return collisionsOf(await store.definitions.current(workspace))
  },
})
