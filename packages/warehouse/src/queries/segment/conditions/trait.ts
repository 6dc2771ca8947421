import { SET_ONCE } from '@espalier/core/event'
import type { TraitCondition } from '@espalier/core/segment'
import type { Asked } from '../asked.ts'
import { comparisonsSql } from '../comparisons.ts'
import { mentions } from '../rows.ts'
import { firstStated, lastStated, traitIn } from '../statement.ts'
import { jsonValue, MISSING, type SqlValue } from '../value.ts'

/**
 * A stated fact: the last statement of an identify, or of the context of any event; where there is none, the first of those that an
 * identify makes for that.
 */
export function trait({ trait: path, ...comparisons }: TraitCondition, asked: Asked): string {
  return comparisonsSql(traitValue(path, asked), comparisons, asked, asked.at)
}

function traitValue(path: string, asked: Asked): SqlValue {
  const [name = '', ...rest] = path.split('.')
  if (name === '__proto__' || name === SET_ONCE) return MISSING
  asked.need(`type = 'identify' OR ${mentions('context', 'traits')}`)
  const key = asked.text(name)
  const own = traitIn(`e.properties, ${key}`)
  // In one event its own traits win over those of its context.
  const stated = `if(e.type = 'identify' AND ${own} != '', ${own}, if(${mentions('e.context', 'traits')}, ${traitIn(`e.context, 'traits', ${key}`)}, ''))`
  const once = `if(e.type = 'identify' AND ${mentions('e.properties', SET_ONCE)}, ${traitIn(`e.properties, '${SET_ONCE}', ${key}`)}, '')`
  const [last, first] = [lastStated(asked, stated), firstStated(asked, once)]
  const kept = asked.moment.traitsKept?.get(name)
  const steps = rest.map(step => `, ${asked.text(step)}`).join('')
  const value = `if(${last} != '', ${last}, ${first})`
  if (kept === undefined) return jsonValue(`${value}${steps}`)
  const lastAt = asked.aggregate(`maxIf(e.at, ${asked.row(stated)} != '')`)
  const firstAt = asked.aggregate(`minIf(e.at, ${asked.row(once)} != '')`)
  const at = `if(${last} != '', ${lastAt}, ${firstAt})`
  return jsonValue(`if(${at} + ${asked.whole(kept)} > ${asked.whole(asked.at)}, ${value}, '')${steps}`)
}
