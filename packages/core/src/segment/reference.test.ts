import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { comparisons } from '../filter/comparisons.ts'
import { Aggregate } from './aggregate.ts'
import { Condition } from './condition.ts'

const reference = readFileSync(new URL('../../../../docs/reference/conditions.md', import.meta.url), 'utf8')
const [joining, comparing] = ['## Joining', '## Comparing'].map(heading => section(heading))

/** From a heading to the next. */
function section(heading: string): string {
  const from = reference.indexOf(`\n${heading}\n`)
  expect(from, heading).toBeGreaterThan(0)
  const to = reference.indexOf('\n## ', from + 1)
  return reference.slice(from, to === -1 ? undefined : to)
}

/** What each shape of a union is told by: the first of its members. */
function kindsOf(union: object): string[] {
  return (union as { anyOf: { properties: object }[] }).anyOf.map(({ properties }) => Object.keys(properties)[0]!)
}

const kinds = kindsOf((Condition as unknown as { $defs: { Condition: object } }).$defs.Condition)

it('the reference tells of all kinds of condition there are', () => {
  expect(kinds.length).toBe(21)
})

it.each(kinds)('the reference describes `%s`', kind => {
  const isJoint = ['all', 'any', 'not'].includes(kind)
  if (isJoint) expect(joining).toContain(`{"${kind}": `)
  else {
    // A paragraph that begins with it, and an example.
    expect(reference).toMatch(new RegExp(`^\\*\\*(.*\\*\\*(,| and) \\*\\*)?\`${kind}\`\\*\\*`, 'm'))
    expect(reference).toMatch(new RegExp(`^\\{.*"${kind}":`, 'm'))
  }
})

it.each(kindsOf(Aggregate))('the reference says what the value `%s` is', kind => {
  expect(reference).toMatch(new RegExp(`^\\| (\`\\w+\`, )*\`${kind}\``, 'm'))
})

it.each(Object.keys(comparisons))('the reference says when `%s` holds', comparison => {
  expect(comparing).toMatch(new RegExp(`^\\| (\`\\w+\`, )*\`${comparison}\``, 'm'))
})
