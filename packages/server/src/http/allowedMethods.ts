import type { Route } from './route.ts'

/** The methods that a path knows, as `Allow` lists them; none for a path that leads nowhere. */
export type Offered = (path: string) => readonly string[]

/** Asked only of what no route answers, so it may look at each. */
export function offeredBy(routes: readonly Route[]): Offered {
  const known = routes.map(({ path, method, answersHead }) => ({
    parts: path.split('/'),
    methods: answersHead === true ? [method, 'HEAD'] : [method],
  }))
  return path => {
    const asked = path.split('/').map(decoded)
    const methods = known.flatMap(one => (leadsTo(one.parts, asked) ? one.methods : []))
    return methods.length === 0 ? [] : [...new Set([...methods, 'OPTIONS'])].sort()
  }
}

function leadsTo(parts: readonly string[], asked: readonly string[]): boolean {
  return parts.length === asked.length && parts.every((part, i) => (part.startsWith('{') ? true : part === asked[i]))
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}
