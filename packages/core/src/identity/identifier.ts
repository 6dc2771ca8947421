/** An identifier is a key that names a person, as text: `kind:value`. A kind has no colon in it; a value may. */
export function identifierOf(kind: string, value: string): string {
  return `${kind}:${value}`
}

/** What kind of identifier it is. */
export function kindOf(identifier: string): string {
  return identifier.slice(0, identifier.indexOf(':'))
}

/** The value after `kind:`. */
export function identifierValue(identifier: string): string {
  return identifier.slice(identifier.indexOf(':') + 1)
}

export function isUser(identifier: string): boolean {
  return identifier.startsWith('userId:')
}
