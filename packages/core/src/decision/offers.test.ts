import { describe, expect, it } from 'vitest'
import { validate } from '../definition/validate.ts'
import { type Bound, type Grant, mergedBound, UNBOUND, withBinding } from '../profile/bound.ts'
import { type DecideInput, type Decision, decide } from './decide.ts'
import { bucketKeys, catalogOf, compiledOf, personOf } from './testing.ts'

const DAY = 86_400_000
const NOW = Date.UTC(2026, 10, 22)
const offer = {
  terms: { percent: 10 },
  eligibility: { not: { trait: 'staff', is: true } },
  cost: 5,
  budget: 100,
  lasts: '7d',
  codes: { length: 8, prefix: 'HI-' },
}
const voucher = (more: object = {}, changes: object = {}) => ({
  tactic: 'offer',
  touchpoints: ['hero', 'mail'],
  control: 0.5,
  priority: 1,
  offer: { ...offer, ...changes },
  variants: [
    {
      key: 'small',
      content: { hero: { code: '{{ offer.code }}', off: { $offer: true } }, mail: '{{ offer.percent }} %' },
    },
    {
      key: 'large',
      content: { hero: { code: '{{ offer.code }}', off: { $offer: true } }, mail: '{{ offer.percent }} %' },
      offer: { terms: { percent: 20 }, cost: 9 },
    },
  ],
  ...more,
})
const next = {
  tactic: 'content',
  touchpoints: ['hero'],
  control: 0,
  variants: [{ key: 'n', content: { hero: 'next' } }],
}
const world = (experience: object, holdout = 0) =>
  compiledOf({
    settings: { workspace: { holdout } },
    touchpoint: { hero: { channel: 'web', default: 'default' }, mail: { channel: 'email' } },
    experience: { voucher: experience, next },
  })
const set = world(voucher())
const keys = bucketKeys(60)
const isControl = (key: string) => set.experiences.get('voucher')!.draws.control.point(key) < 0.5
const treated = keys.find(key => !isControl(key))!
const control = keys.find(isControl)!

function ask(
  bucketKey: string,
  more: Partial<DecideInput> & { bound?: Bound; traits?: Record<string, true> } = {},
): Decision {
  const { bound, traits = {}, ...input } = more
  const profile = { ...personOf({ bucketKey, traits }), id: `id-${bucketKey}`, ...(bound && { bound }) }
  const asked = { set, profile, context: {}, now: NOW, touchpoints: ['hero'], items: catalogOf({}) }
  return decide({ ...asked, ...input })
}

/** Reserves what is wanted and asks again. */
function give(bucketKey: string, more: Parameters<typeof ask>[1] = {}): Decision {
  const { wants } = ask(bucketKey, more)
  const granted = new Map(
    wants.map(({ experience, variant, key, expires, turn }): [string, Grant] => {
      const grant = { at: more.now ?? NOW, variant, key, code: 'HI-CODE' }
      return [experience, { ...grant, ...(expires && { expires }), ...(turn && { turn }) }]
    }),
  )
  return ask(bucketKey, { ...more, granted })
}
const bind = ({ binding }: Decision, at = NOW, bound = UNBOUND) => withBinding(bound, binding!, at)

describe('an offer', () => {
  it('is first wanted, with what it takes to reserve it', () => {
    const { wants, binding } = ask(treated)
    expect(wants).toMatchObject([
      { experience: 'voucher', key: `id-${treated}:0`, expires: NOW + 7 * DAY, supply: { budget: 100, dearest: 9 } },
    ])
    expect(wants[0]!.cost).toBe(wants[0]!.variant === 'large' ? 9 : 5)
    expect(binding).toBeUndefined()
  })

  it('is then answered, shown and bound; R7 the log says so without the code', () => {
    const decision = give(treated)
    const [answer] = decision.answers
    const percent = answer!.variant === 'large' ? 20 : 10
    const view = { experience: 'voucher', percent, code: 'HI-CODE', expires: NOW + 7 * DAY }
    expect(answer).toMatchObject({ reason: 'assigned', content: { code: 'HI-CODE', off: view }, offer: view })
    expect(decision.wants).toEqual([])
    expect(decision.binding!.grants.voucher).toMatchObject({ code: 'HI-CODE', variant: answer!.variant })
    expect(decision.inputs.grants).toEqual({ voucher: { variant: answer!.variant, expires: NOW + 7 * DAY } })
    expect(JSON.stringify(decision.inputs)).not.toContain('HI-CODE')
  })

  it('is the same at all touchpoints and whenever asked, and bound once', () => {
    const both = give(treated, { touchpoints: ['hero', 'mail'] })
    expect(both.answers[1]!.content).toBe(both.answers[0]!.variant === 'large' ? '20 %' : '10 %')
    const later = ask(treated, { bound: bind(both), now: NOW + 6 * DAY })
    expect(later).toMatchObject({ wants: [], binding: undefined })
    expect(later.answers[0]!.offer).toEqual(both.answers[0]!.offer)
  })

  it('stays as it was given when another variant is drawn for them: terms, code and end', () => {
    const variantsOf = (small: number) =>
      voucher().variants.map(one => ({ ...one, weight: one.key === 'small' ? small : 1 - small }))
    const first = world(voucher({ control: 0, variants: variantsOf(1) }))
    const later = world(voucher({ control: 0, variants: variantsOf(0) }))
    const bound = bind(give(treated, { set: first }))
    const [shown] = ask(treated, { set: later, bound, now: NOW + DAY }).answers
    const offer = { percent: 10, code: 'HI-CODE', expires: NOW + 7 * DAY, experience: 'voucher' }
    expect(shown).toMatchObject({ variant: 'large', offer, content: { off: offer } })
    expect(bound.grants.voucher).toMatchObject({ variant: 'small' })
    const preview = { variants: new Map([['voucher', 'large']]) }
    expect(ask(treated, { set: first, bound, preview }).answers[0]!.offer).toMatchObject({ percent: 20 })
    // Of a variant that is gone nobody knows the terms any more.
    const [, large] = variantsOf(0)
    const without = world(voucher({ control: 0, variants: [{ ...large, weight: 1 }] }))
    expect(ask(treated, { set: without, bound }).answers[0]!.offer).toMatchObject({ percent: 20, code: 'HI-CODE' })
  })

  it('that expired is not given again: the next experience is shown, or the default with the reason', () => {
    const bound = bind(give(treated))
    const later = ask(treated, { bound, now: NOW + 7 * DAY, touchpoints: ['hero', 'mail'] })
    expect(later.answers.map(answer => [answer.experience, answer.reason])).toEqual([
      ['next', 'assigned'],
      [undefined, 'offer-expired'],
    ])
    expect(later.inputs.passed).toEqual({ voucher: 'offer-expired' })
    expect(later.wants).toEqual([])
  })

  it('of somebody who was given it on two devices is the first that can still be used, and over once either was', () => {
    const held = (name: string, at: number, more: object = {}): Grant => {
      return { at, variant: 'small', key: `${name}:0`, code: name, expires: at + 7 * DAY, ...more }
    }
    const shown = (grants: readonly Grant[], days: number, again?: string) => {
      const asked = world(voucher({ control: 0 }, again === undefined ? {} : { again }))
      const bounds = grants.map((grant): Bound => ({ ...UNBOUND, grants: { voucher: grant } }))
      const bound = bounds.reduce((a, b) => mergedBound(a, b)!)
      const { answers, wants } = ask(treated, { set: asked, bound, now: NOW + days * DAY, touchpoints: ['mail'] })
      return wants[0]?.key ?? answers[0]!.offer?.code ?? answers[0]!.reason
    }
    const [one, two] = [held('one', NOW), held('two', NOW + 2 * DAY)]
    expect([3, 8, 9].map(days => shown([two, one], days))).toEqual(['one', 'two', 'offer-expired'])
    expect(shown([one, held('two', NOW + 2 * DAY, { redeemed: NOW + 3 * DAY })], 4)).toBe('offer-used')
    // A place of somebody who was left out is nothing that was given.
    expect(shown([held('', NOW, { variant: '' }), two], 3)).toBe('two')
    // Given again in time, the one does not stand in the way of the other; given too early it does.
    const used = held('one', NOW, { redeemed: NOW + 1 })
    expect(shown([used, held('two', NOW + 31 * DAY)], 32, '30d')).toBe('two')
    expect(shown([used, held('two', NOW + 26 * DAY)], 29, '30d')).toBe('offer-used')
    expect(shown([used, held('two', NOW + 26 * DAY)], 31, '30d')).toBe(`id-${treated}:${NOW}`)
  })

  it('of somebody who used it on one device is given back for the other when they are next asked about it, once', () => {
    const one: Grant = { at: NOW, variant: 'small', key: 'one:0', code: 'ONE' }
    const two: Grant = { at: NOW + 1, variant: 'small', key: 'two:0', code: 'TWO', redeemed: NOW + 2 }
    const [a, b] = [one, two].map((grant): Bound => ({ ...UNBOUND, grants: { voucher: grant } }))
    const bound = mergedBound(a, b)!
    const { binding, inputs, answers } = ask(treated, { bound, now: NOW + DAY })
    const after = { ...two, others: [{ ...one, freed: true }] }
    expect(binding).toEqual({ shows: [], grants: { voucher: after }, quotes: {} })
    expect([answers[0]!.experience, inputs.passed]).toEqual(['next', { voucher: 'offer-used' }])
    // Nothing was given now, and nothing happens in a preview.
    expect(inputs).not.toHaveProperty('grants')
    expect(ask(treated, { bound: withBinding(bound, binding!, NOW), now: NOW + DAY }).binding).toBeUndefined()
    expect(ask(treated, { bound, now: NOW + DAY, preview: { variants: new Map() } }).binding).toBeUndefined()
    expect(ask(treated, { bound, now: NOW + DAY, binds: false }).binding).toBeUndefined()
  })

  it('that was reserved while the person became one with somebody who has it is let go', () => {
    const other: Grant = { at: NOW - 1, variant: 'small', key: 'other:0', code: 'OTHER', expires: NOW + DAY }
    const bound = { ...UNBOUND, grants: { voucher: other } }
    const granted = new Map([['voucher', { ...other, at: NOW, key: `id-${treated}:0`, code: 'MINE' }]])
    const decision = ask(treated, { bound, granted })
    expect(decision).toMatchObject({ wants: [], binding: undefined, answers: [{ offer: { code: 'OTHER' } }] })
  })

  it('may be given again after a time, as a new one', () => {
    const repeated = world(voucher({}, { again: '30d' }))
    const bound = bind(give(treated, { set: repeated }))
    const at = (days: number) => ask(treated, { set: repeated, bound, now: NOW + days * DAY })
    expect(at(29).answers[0]!.experience).toBe('next')
    expect(at(30).wants).toMatchObject([{ key: `id-${treated}:${NOW}`, expires: NOW + 37 * DAY }])
  })

  it('that was used is over', () => {
    const given = bind(give(treated))
    const bound = { ...given, grants: { voucher: { ...given.grants.voucher!, redeemed: NOW + 1 } } }
    expect(ask(treated, { bound, touchpoints: ['mail'], now: NOW + 2 }).answers[0]!.reason).toBe('offer-used')
  })

  it('of which nothing is left falls through, but not for who has it', () => {
    const supplied = () => false
    expect(ask(treated, { supplied }).answers[0]!.experience).toBe('next')
    expect(ask(treated, { supplied }).inputs.passed).toEqual({ voucher: 'sold-out' })
    expect(ask(treated, { supplied, bound: bind(give(treated)) }).answers[0]!.offer).toMatchObject({ code: 'HI-CODE' })
  })

  it('asks who is eligible when it is given, and not again', () => {
    const traits = { staff: true } as const
    expect(ask(treated, { traits, touchpoints: ['mail'] }).answers[0]!.reason).toBe('not-eligible')
    expect(ask(treated, { traits }).inputs.traits).toEqual({ staff: true })
    expect(ask(treated, { traits, bound: bind(give(treated)) }).answers[0]!.offer).toMatchObject({ code: 'HI-CODE' })
  })

  it('ends for everybody at once where it has an end', () => {
    const ending = world(voucher({}, { until: '2026-11-24' }))
    expect(ask(treated, { set: ending }).wants[0]!.expires).toBe(NOW + 2 * DAY)
    expect(ask(treated, { set: ending, now: NOW + 2 * DAY, touchpoints: ['mail'] }).answers[0]!.reason).toBe(
      'offer-expired',
    )
  })

  it('of which the content cannot be made is not given', () => {
    const broken = world(
      voucher({ variants: [{ key: 'a', content: { hero: { $item: 'gone' }, mail: null } }], control: 0 }),
    )
    expect(ask(treated, { set: broken })).toMatchObject({
      wants: [],
      answers: [{ reason: 'missing-item', experience: 'voucher', content: 'default' }],
    })
  })

  it.each<[name: string, codes: object, schema: object, previewed: string]>([
    ['made', { length: 8, prefix: 'HI-' }, { pattern: '^HI-[A-Z2-9]{8}$' }, 'HI-SAMPLEXX'],
    ['listed', { list: ['X7-01ab', 'X7-93cd'] }, { pattern: '^X7-\\d\\d[a-z]{2}$' }, 'X7-22aa'],
    ['one', { list: ['WELCOME10'] }, { minLength: 9 }, 'AAAAAAA22'],
    ['already so', { list: ['AA22', 'BB33'] }, { maxLength: 6 }, 'SAMPLE'],
  ])('with codes that the schema asks to be of a kind is given, and previewed as one of them: %s', (_, codes, schema, code) => {
    const body = voucher({ touchpoints: ['hero'], control: 0 }, { codes })
    const variants = body.variants.map(variant => ({ ...variant, content: { hero: '{{ offer.code }}' } }))
    const strict = compiledOf({
      settings: { workspace: { holdout: 0 } },
      touchpoint: { hero: { channel: 'web', schema: { type: 'string', ...schema } } },
      experience: { voucher: { ...body, variants } },
    })
    expect(ask(treated, { set: strict }).wants).toMatchObject([{ experience: 'voucher' }])
    const [shown] = ask(treated, { set: strict, preview: { variants: new Map() } }).answers
    expect(shown).toMatchObject({ content: code, offer: { code } })
  })

  it('without codes is previewed without one', () => {
    const open = world(voucher({}, { codes: undefined }))
    const [shown] = ask(treated, { set: open, preview: { variants: new Map() } }).answers
    expect(shown!.offer).not.toHaveProperty('code')
  })

  it('in a preview is shown with a code that is none, and not wanted', () => {
    for (const variants of [new Map(), new Map([['voucher', 'large']])]) {
      const { answers, wants, binding } = ask(treated, { preview: { variants } })
      expect(answers[0]!.offer).toMatchObject({ code: 'HI-SAMPLEXX', expires: NOW + 7 * DAY })
      expect({ wants, binding }).toEqual({ wants: [], binding: undefined })
    }
  })
})

describe('who is held out of an offer is decided last', () => {
  it('the control group takes nothing, is shown the default, and its turn is over when that of the others is', () => {
    const decision = ask(control)
    expect(decision.answers[0]).toMatchObject({ reason: 'control', experience: 'voucher', content: 'default' })
    expect(decision.wants).toEqual([])
    const bound = bind(decision)
    expect(bound.grants.voucher).toEqual({ at: NOW, variant: '', key: `voucher:${NOW}`, expires: NOW + 7 * DAY })
    expect(ask(control, { bound, now: NOW + 7 * DAY - 1 }).answers[0]).toMatchObject({ reason: 'control' })
    expect(ask(control, { bound, now: NOW + 7 * DAY }).answers[0]).toMatchObject({ experience: 'next' })
  })

  it('both leave it when it is sold out before they came, and neither when they have it', () => {
    for (const key of [treated, control]) {
      expect(ask(key, { supplied: () => false }).answers[0]!.experience).toBe('next')
      const given = give(key)
      const bound = bind(given.binding === undefined ? ask(key) : given)
      expect(ask(key, { supplied: () => false, bound }).answers[0]!.experience).toBe('voucher')
    }
  })

  it('everybody wins it at the same times: with the same profile the arms differ in nothing else', () => {
    const times = [0, 3, 7, 8, 30].map(days => NOW + days * DAY)
    const winners = (key: string) => {
      let bound = UNBOUND
      return times.map(now => {
        const decision = give(key, { bound, now })
        if (decision.binding !== undefined) bound = withBinding(bound, decision.binding, now)
        return decision.answers[0]!.experience
      })
    }
    const expected = ['voucher', 'voucher', 'next', 'next', 'next']
    for (const key of keys.slice(0, 20)) expect(winners(key)).toEqual(expected)
    const repeated = keys.map(key => give(key, { set: world(voucher(), 0.5) }).answers[0]!)
    expect(new Set(repeated.map(answer => answer.experience))).toEqual(new Set(['voucher']))
    expect(repeated.filter(answer => answer.holdout).length).toBeGreaterThan(15)
  })

  it('whose content could not be made has had their turn, as those left out have: both stay as long, and leave together', () => {
    const item = { key: 'a', content: { hero: [{ $item: 'mug' }, '{{ offer.percent }}'], mail: null } }
    const set = world(voucher({ variants: [item] }, { again: '30d' }))
    const mug = catalogOf({ mug: { id: 'mug', title: 'Mug' } })
    /** What somebody wins who comes on these days, whether there is a mug, and whether anything is left. */
    const visits = (key: string, days: readonly (readonly [day: number, mug: boolean, left?: boolean])[]) => {
      let bound = UNBOUND
      return days.map(([day, hasMug, left = true]) => {
        const now = NOW + day * DAY
        const decision = give(key, { set, bound, now, supplied: () => left, ...(hasMug && { items: mug }) })
        if (decision.binding !== undefined) bound = withBinding(bound, decision.binding, now)
        return decision.answers[0]!
      })
    }
    const won = (key: string, days: Parameters<typeof visits>[1]) => visits(key, days).map(one => one.experience)
    for (const days of [
      [
        [0, false],
        [6, false],
        [7, false],
        [29, true],
        [30, true],
      ],
      [
        [0, false],
        [6, true],
        [7, true],
        [12, true],
        [30, true],
        [36, true],
        [37, true],
      ],
      [
        [0, false],
        [3, true, false],
        [6, false, false],
        [7, true, false],
      ],
    ] as const) {
      expect(won(treated, days)).toEqual(won(control, days))
    }
    const [broken, gone, given, over] = visits(treated, [
      [0, false],
      [3, true, false],
      [6, true],
      [7, true],
    ])
    expect(broken).toMatchObject({ reason: 'missing-item', variant: 'a', content: 'default' })
    expect(gone).toMatchObject({ reason: 'sold-out', variant: 'a', content: 'default', experience: 'voucher' })
    expect(given).toMatchObject({ reason: 'assigned', offer: { code: 'HI-CODE', expires: NOW + 7 * DAY } })
    expect(over!.experience).toBe('next')

    const bound = bind(give(treated, { set }))
    const asked = { set, bound, now: NOW + 3 * DAY, items: mug }
    const previewed = (more: object) =>
      ask(treated, { ...asked, preview: { variants: new Map() }, ...more }).answers[0]!
    expect(previewed({ supplied: () => false })).toMatchObject({ reason: 'sold-out', variant: 'a', content: 'default' })
    expect(previewed({ traits: { staff: true } })).toMatchObject({ reason: 'not-eligible', content: 'default' })
    expect(previewed({})).toMatchObject({ reason: 'assigned', offer: { expires: NOW + 7 * DAY } })
    const forced = { preview: { variants: new Map([['voucher', 'a']]) }, supplied: () => false }
    expect(previewed(forced)).toMatchObject({ reason: 'preview', offer: { percent: 10 } })
  })

  it('shown at one touchpoint and not at another it is given all the same', () => {
    const variants = [{ key: 'a', content: { hero: { $item: 'gone' }, mail: '{{ offer.code }}' } }]
    const set = world(voucher({ control: 0, variants }))
    for (const touchpoints of [
      ['hero', 'mail'],
      ['mail', 'hero'],
    ]) {
      const { binding, answers } = give(treated, { set, touchpoints })
      expect(binding!.grants.voucher).toMatchObject({ variant: 'a', code: 'HI-CODE' })
      expect(answers.map(one => one.reason).sort()).toEqual(['assigned', 'missing-item'])
    }
  })

  it('who was left out and is not any more has to be given it, and sold out then means them too', () => {
    const bound = bind(ask(control))
    const opened = world(voucher({ control: 0 }))
    expect(ask(control, { set: opened, bound }).wants).toMatchObject([{ key: `id-${control}:${NOW}` }])
    expect(ask(control, { set: opened, bound, supplied: () => false }).answers[0]!.experience).toBe('next')
  })
})

it.each<[changes: object, line: string]>([
  [{ cost: undefined }, 'variants[0].offer.cost: nobody can say when the budget is used up'],
  [{ cost: 0.0004 }, 'offer.cost: a budget is counted in thousandths, and 0.0004 has a finer part'],
  [{ budget: 8 }, 'offer.budget: one costs more than the whole budget of 8'],
  [{ codes: {} }, 'offer.codes: codes are either listed or made'],
  [{ codes: { list: ['a'], length: 8 } }, 'offer.codes: codes are either listed or made'],
  [{ codes: { list: ['a'], prefix: 'x' } }, 'offer.codes.prefix: listed codes have no prefix'],
  [{ codes: { list: ['a', 'a'] } }, 'offer.codes.list: ["a","a"] says something twice'],
  [{ codes: { length: 3 } }, 'offer.codes.length: 3 is too little'],
  [{ until: 'soon' }, 'offer.until: soon is no instant'],
  [{ lasts: undefined, again: '3d' }, 'offer.again: an offer that does not expire is not given again'],
  [{ eligibility: { trait: 'x' } }, 'offer.eligibility: {"trait":"x"} says too little'],
  [{ budget: -1 }, 'offer.budget: -1 is too little'],
  [{ stock: Number.POSITIVE_INFINITY }, 'offer.stock: Infinity is no number that JSON can hold'],
])('%j is refused', (changes, line) => {
  const body = JSON.parse(
    JSON.stringify(voucher({}, changes), (_, value) => (value === Infinity ? 'inf' : value)),
    (_, value) => (value === 'inf' ? Infinity : value),
  )
  expect(validate('experience', 'x', body).map(({ path, message }) => `${path}: ${message}`)).toEqual([line])
})

it('a variant’s offer without an offer is refused', () => {
  const { offer: _, ...body } = voucher()
  expect(validate('experience', 'x', body)).toMatchObject([{ path: 'variants[1].offer' }])
})
