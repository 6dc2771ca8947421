/** A key that names a person, as `kind:value`. */
export type IdentifierKind = 'userId' | 'anonymousId'

export function identifierOf(kind: IdentifierKind, value: string): string {
  return `${kind}:${value}`
}

export function isUser(identifier: string): boolean {
  return identifier.startsWith('userId:')
}

/** The value after `kind:`. */
export function identifierValue(identifier: string): string {
  return identifier.slice(identifier.indexOf(':') + 1)
}
