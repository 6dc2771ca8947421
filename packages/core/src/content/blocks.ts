import type { Json } from '../json.ts'
import { traitReader } from '../segment/conditions/trait.ts'
import type { Subject } from '../segment/subject.ts'
import type { Block } from './directives.ts'
import { type Compiling, constant, type Part } from './part.ts'

/** Blocks that are shown to a person, in the person's order. */
export function blocks(list: readonly Block[], compiling: Compiling): Part {
  const compiled = list.map(block => ({
    shown: conditionOf(block.when, compiling),
    rank: rankOf(block.rank ?? 0, compiling),
    part: block.content === undefined ? constant(block.key) : compiling.part(block.content),
  }))
  const ranked = list.some(({ rank }) => rank !== undefined)
  return (world, gathered) => {
    const shown = compiled.filter(block => block.shown === undefined || block.shown(world.subject))
    const inOrder = ranked
      ? shown.map(({ part, rank }) => ({ part, rank: rank(world.subject) })).sort((a, b) => b.rank - a.rank)
      : shown
    return inOrder.map(({ part }): Json => part(world, gathered))
  }
}

function conditionOf(
  condition: Block['when'],
  { condition: compile, wants }: Compiling,
): ((subject: Subject) => boolean) | undefined {
  if (condition === undefined) return undefined
  const compiled = compile(condition)
  wants.conditions.push(compiled)
  return compiled.test
}

function rankOf(rank: NonNullable<Block['rank']>, compiling: Compiling): (subject: Subject) => number {
  if (typeof rank === 'number') return () => rank
  if ('trait' in rank) {
    const read = traitReader(rank.trait)
    return ({ profile }) => {
      const value = read(profile)
      return typeof value === 'number' && Number.isFinite(value) ? value : 0
    }
  }
  const rules = rank.map(rule => ({ holds: conditionOf(rule.when, compiling)!, rank: rule.rank }))
  return subject => rules.find(({ holds }) => holds(subject))?.rank ?? 0
}
