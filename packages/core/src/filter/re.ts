import { RE2JS } from 're2js'

/**
 * Whether a regular expression of RE2's syntax finds something in a text: the engine the warehouse uses, in time linear in the
 * text, so that no expression can hang. Throws where it is none.
 */
export function finder(expression: string): (text: string) => boolean {
  const compiled = RE2JS.compile(expression)
  return text => compiled.matcher(text).find()
}

/** Why an expression cannot be used; undefined where it can. */
export function expressionProblem(expression: string): string | undefined {
  try {
    RE2JS.compile(expression)
    return undefined
  } catch (error) {
    return (error as Error).message
  }
}
