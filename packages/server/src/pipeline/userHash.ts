import { createHmac } from 'node:crypto'
import { deriveKey, sameText } from '../secrets.ts'

/**
 * Proof of a userId (R13): a page knows the write key, so anybody could claim to be anybody. The business's own server
 * makes `userHash = HMAC-SHA256(userId)` under the workspace's identity secret, in hex, and gives it to the page.
 */
export class UserHashes {
  readonly #masterSecret: Uint8Array
  readonly #secrets = new Map<string, string>()

  constructor(masterSecret: Uint8Array) {
    this.#masterSecret = masterSecret
  }

  /** 64 hex characters; as they stand they are the HMAC's key, so that every language's one-liner works. */
  identitySecret(workspace: string): string {
    let secret = this.#secrets.get(workspace)
    if (secret === undefined) {
      secret = deriveKey(this.#masterSecret, 'identity', workspace).toString('hex')
      this.#secrets.set(workspace, secret)
    }
    return secret
  }

  proves(workspace: string, userId: string, userHash: unknown): boolean {
    if (typeof userHash !== 'string' || userHash.length !== 64) return false
    const expected = createHmac('sha256', this.identitySecret(workspace)).update(userId).digest('hex')
    return sameText(expected, userHash.toLowerCase())
  }
}
