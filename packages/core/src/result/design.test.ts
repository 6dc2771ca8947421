import { expect, it } from 'vitest'
import type { Experience } from '../definition/index.ts'
import { designOf } from './design.ts'

const body = (policy?: Experience['policy']): Experience => ({
  tactic: 'content',
  touchpoints: ['home'],
  control: 0.2,
  variants: [
    { key: 'a', content: { home: 'a' }, weight: 0.5 },
    { key: 'b', content: { home: 'b' }, weight: 0.5 },
  ],
  ...(policy && { policy }),
})
const onlyA = [{ variant: 'a', control: false }]
const control = { variant: '', control: true, share: 0.2 }

it('a split says who gets what: also a variant that nobody was seen in ought to be there', () => {
  const shares = [control, { variant: 'a', control: false, share: 0.4 }, { variant: 'b', control: false, share: 0.4 }]
  expect(designOf({ body: body() }, onlyA)).toEqual(shares)
  expect(designOf({ body: body({ kind: 'sticky-split' }) }, onlyA)).toEqual(shares)
})

it('of rules and rollouts a variant that nobody was given is no fault, and a control group nobody was seen in is', () => {
  const rules: Experience['policy'] = { kind: 'rules', rules: [], otherwise: 'a' }
  expect(designOf({ body: body(rules) }, onlyA)).toEqual([control, { variant: 'a', control: false, share: 0.8 }])
})
