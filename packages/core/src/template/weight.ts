import { type Arguments, type Context, type Template, TypeGuards, Value } from 'liquidjs'

type Argument = Arguments extends Iterable<infer A> ? A : never
type Token = Exclude<Argument, Value>

/** So many values are looked at in one step: no tag that people write has more. */
const LIGHT = 16

/**
 * Steps stand for time only as far as each takes about as long. A tag or output that names many values, such as a `when` of thousands,
 * pays for each of them whenever it is rendered.
 */
export function weigh(templates: readonly Template[]): void {
  for (const template of templates) {
    const weight = weightOf(template)
    if (weight > LIGHT) {
      const render = template.render
      template.render = function (this: Template, context: Context, emitter) {
        context.memoryLimit.use(weight)
        return render.call(this, context, emitter)
      }
    }
    const children = template.children?.(false, true).next()
    if (children?.done) weigh(children.value)
  }
}

function weightOf(template: Template): number {
  let weight = 0
  for (const argument of template.arguments?.() ?? []) weight += valuesIn(argument)
  return weight
}

function valuesIn(argument: Argument): number {
  if (!(argument instanceof Value)) return stepsOf(argument)
  const { initial, filters } = argument
  let values = filters.length
  for (const token of initial.postfix) values += TypeGuards.isValueToken(token) ? stepsOf(token) : 1
  for (const { args } of filters) {
    for (const arg of args) {
      const token = Array.isArray(arg) ? arg[1] : arg
      if (token !== undefined) values += stepsOf(token)
    }
  }
  return values
}

/** A value, and each step of the path to it. */
function stepsOf(token: Token): number {
  if (TypeGuards.isRangeToken(token)) return 1 + stepsOf(token.lhs) + stepsOf(token.rhs)
  if (!TypeGuards.isPropertyAccessToken(token)) return 1
  let steps = 1
  for (const prop of token.props) steps += TypeGuards.isValueToken(prop) ? stepsOf(prop) : 1
  return steps
}
