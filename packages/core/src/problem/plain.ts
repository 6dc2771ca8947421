import { type Path, type Problem, problem } from './problem.ts'

/** How large a body may be: bytes of its JSON in UTF-8 (R11). */
export const MAX_BYTES = 256 * 1024
/** How deeply a body may be nested, the body itself being 1 (R11). */
export const MAX_DEPTH = 32

/** Whether a body is plain JSON within its bounds: everything else is checked only once it is. */
export function plainProblems(body: unknown): Problem[] {
  const problems: Problem[] = []
  const bytes = measure(body, [], 1, problems)
  if (problems.length === 0 && bytes > MAX_BYTES) {
    const message = `the body is ${Math.ceil(bytes / 1024)} KB and ${MAX_BYTES / 1024} KB is the limit`
    return [problem([], message, 'keep long texts and pictures elsewhere and refer to them by URL')]
  }
  return problems
}

/** About the bytes of the value's JSON, escapes left out; adds what is wrong to `problems` and stops at the first. */
function measure(value: unknown, path: Path, depth: number, problems: Problem[]): number {
  if (problems.length > 0) return 0
  if (value === null || typeof value === 'boolean') return 5
  if (typeof value === 'string') return utf8Length(value) + 2
  if (typeof value === 'number') {
    if (Number.isFinite(value)) return String(value).length
    problems.push(problem(path, `${value} is no number that JSON can hold`, 'write a finite number'))
    return 0
  }
  if (typeof value !== 'object') {
    problems.push(problem(path, `${typeof value} is nothing that JSON can hold`, 'leave it out, or write a JSON value'))
    return 0
  }
  if (depth > MAX_DEPTH) {
    problems.push(problem(path.slice(0, 6), `it is nested deeper than ${MAX_DEPTH} levels`, 'make it flatter'))
    return 0
  }
  if (Array.isArray(value)) {
    return value.reduce<number>((bytes, part, i) => bytes + 1 + measure(part, [...path, i], depth + 1, problems), 2)
  }
  const tag = Object.prototype.toString.call(value).slice(8, -1)
  if (tag !== 'Object') {
    const mend = tag === 'Date' ? 'put the date in quotes' : 'write a JSON value'
    problems.push(problem(path, `${tag} is nothing that JSON can hold`, mend))
    return 0
  }
  let bytes = 2
  for (const [name, part] of Object.entries(value)) {
    if (name === '__proto__' || name === 'constructor') {
      problems.push(problem([...path, name], `"${name}" may not be used as a name`, 'choose another name'))
      return 0
    }
    // An optional property that is undefined is one that is left out.
    if (part !== undefined) bytes += utf8Length(name) + 4 + measure(part, [...path, name], depth + 1, problems)
  }
  return bytes
}

function utf8Length(text: string): number {
  let bytes = text.length
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    // A surrogate is half of a four-byte character; the others are two or three bytes.
    if (code > 0x7f) bytes += code > 0x7ff && (code < 0xd800 || code > 0xdfff) ? 2 : 1
  }
  return bytes
}
