import type { TraitCondition } from '@espalier/core/segment'
import type { Asked } from '../asked.ts'
import { comparisonsSql } from '../comparisons.ts'
import { mentions } from '../rows.ts'
import { lastStated, traitIn } from '../statement.ts'
import { jsonValue, MISSING, type SqlValue } from '../value.ts'

/** A stated fact: the last statement of an identify, or of the context of any event. */
export function trait({ trait: path, ...comparisons }: TraitCondition, asked: Asked): string {
  return comparisonsSql(traitValue(path, asked), comparisons, asked, asked.at)
}

function traitValue(path: string, asked: Asked): SqlValue {
  const [name = '', ...rest] = path.split('.')
  if (name === '__proto__') return MISSING
  asked.need(`type = 'identify' OR ${mentions('context', 'traits')}`)
  const key = asked.text(name)
  const own = traitIn(`e.properties, ${key}`)
  // In one event its own traits win over those of its context.
  const stated = `if(e.type = 'identify' AND ${own} != '', ${own}, if(${mentions('e.context', 'traits')}, ${traitIn(`e.context, 'traits', ${key}`)}, ''))`
  const last = lastStated(asked, stated)
  const kept = asked.moment.traitsKept?.get(name)
  const steps = rest.map(step => `, ${asked.text(step)}`).join('')
  if (kept === undefined) return jsonValue(`${last}${steps}`)
  const at = asked.aggregate(`maxIf(e.at, ${asked.row(stated)} != '')`)
  return jsonValue(`if(${at} + ${asked.whole(kept)} > ${asked.whole(asked.at)}, ${last}, '')${steps}`)
}
