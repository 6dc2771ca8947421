import { createHmac } from 'node:crypto'
import { kindOf } from '@espalier/core/identity'
import type { Profile } from '@espalier/core/profile'
import { Problem } from '../problem.ts'
import { deriveKey, sameText } from '../secrets.ts'

/** What the bearer of a link may do for a while beside a write key. */
export interface LinkGrant {
  readonly allows: readonly ('preview' | 'explain')[]
  /** The one person (`kind:value`) it may explain: an explanation tells of their traits (R13). */
  readonly person?: string
  /** What else that person went by when the link was made, by `Links.others`. */
  readonly others?: string
  /** Variants that whoever opens it gets to see, by experience, without asking for them. */
  readonly variants?: Readonly<Record<string, string>>
  /** The instant it shows, epoch milliseconds. */
  readonly at?: number
  /** Epoch milliseconds. */
  readonly expires: number
}

/** Signed links, so that somebody without a secret key can look at a preview: no state, they end by themselves. */
export class Links {
  readonly #masterSecret: Uint8Array

  constructor(masterSecret: Uint8Array) {
    this.#masterSecret = masterSecret
  }

  sign(workspace: string, grant: LinkGrant): string {
    const payload = Buffer.from(JSON.stringify(grant)).toString('base64url')
    return `${payload}.${this.#mac(workspace, payload)}`
  }

  /** Throws `bad_link`. */
  verify(workspace: string, link: string, now: number): LinkGrant {
    const dot = link.indexOf('.')
    const payload = link.slice(0, Math.max(dot, 0))
    if (dot < 0 || !sameText(this.#mac(workspace, payload), link.slice(dot + 1))) {
      throw new Problem('bad_link', 'The link was not made by this workspace, or has been changed.')
    }
    const grant = JSON.parse(Buffer.from(payload, 'base64url').toString()) as LinkGrant
    if (grant.expires <= now)
      throw new Problem('bad_link', `The link ended at ${new Date(grant.expires).toISOString()}.`)
    return grant
  }

  /**
   * What a person goes by besides `person`, devices left out, so that one can tell whether it is still the same and not what it is: a
   * write key may say that somebody else is this person too. Nobody known goes by nothing else.
   */
  others(workspace: string, person: string, known: Pick<Profile, 'identifiers'> | undefined): string {
    const others = (known?.identifiers ?? []).filter(one => one !== person && kindOf(one) !== 'anonymousId')
    return this.#mac(workspace, JSON.stringify([person, ...others.sort()]))
  }

  #mac(workspace: string, payload: string): string {
    return createHmac('sha256', deriveKey(this.#masterSecret, 'link', workspace))
      .update(payload)
      .digest('base64url')
  }
}
