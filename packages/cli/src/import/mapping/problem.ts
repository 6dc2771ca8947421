/** What is wrong in a mapping, and where: a path such as `rules[0].properties.total`. */
export class MappingProblem extends Error {
  readonly path: string
  constructor(path: string, message: string) {
    super(message)
    this.name = 'MappingProblem'
    this.path = path
  }
}

/** A row cannot become what the mapping says; the message completes "row 12: …". */
export class RowProblem extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'RowProblem'
  }
}

/** The entries of a mapping's object, checked to be known ones. */
export function fieldsOf(node: unknown, path: string, known: readonly string[]): Record<string, unknown> {
  if (typeof node !== 'object' || node === null || Array.isArray(node)) {
    throw new MappingProblem(path, `must be an object with ${known.join(', ')}`)
  }
  for (const name of Object.keys(node)) {
    if (known.includes(name)) continue
    throw new MappingProblem(join(path, name), `is not a field here; use one of: ${known.join(', ')}`)
  }
  return node as Record<string, unknown>
}

export function textOf(node: unknown, path: string): string {
  if (typeof node !== 'string' || node === '') throw new MappingProblem(path, 'must be a text')
  return node
}

/** The path of a field, as in `rules[0].to["Mens E-Mail"]`. */
export function join(path: string, name: string): string {
  if (!/^[A-Za-z_$][\w$-]*$/.test(name)) return `${path}[${JSON.stringify(name)}]`
  return path === '' ? name : `${path}.${name}`
}
