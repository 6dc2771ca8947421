import type { Profile } from '@espalier/core/profile'
import Type from 'typebox'
import { Problem } from '../problem.ts'
import type { Services } from '../services.ts'
import { refuseControl } from './check.ts'

/** How a path names somebody. */
export const Ref = Type.Object({
  ref: Type.String({
    minLength: 1,
    maxLength: 600,
    description: 'The id, or an identifier such as `userId:…` or `anonymousId:…`, percent-encoded.',
  }),
})

/** The person an id or an identifier leads to; ids have no colon in them. */
export async function personOf(
  { store }: Services,
  workspace: string,
  ref: string,
  path = 'path.ref',
): Promise<Profile> {
  refuseControl(ref, path)
  const profile = ref.includes(':') ? await store.people.find(workspace, ref) : await store.people.get(workspace, ref)
  if (profile === undefined) {
    throw new Problem('not_found', `Nobody in this workspace is known as "${ref}".`, {
      path,
      mend: 'Name a profile id, userId:<id>, anonymousId:<id> or another identifier with its kind.',
    })
  }
  return profile
}
