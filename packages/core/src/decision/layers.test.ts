import { describe, expect, it } from 'vitest'
import { validate } from '../definition/validate.ts'
import type { JsonObject } from '../json.ts'
import { validateSet } from '../plan/validateSet.ts'
import { UNBOUND } from '../profile/bound.ts'
import type { Answer } from './answer.ts'
import { decide } from './decide.ts'
import { bucketKeys, catalogOf, compiledOf, personOf } from './testing.ts'

const one = (touchpoint: string, more: object = {}) => ({
  tactic: 'content',
  touchpoints: [touchpoint],
  control: 0.1,
  variants: ['a', 'b'].map(key => ({ key, content: { [touchpoint]: key } })),
  ...more,
})
const places = { hero: { channel: 'web' }, cart: { channel: 'web' }, mail: { channel: 'email' } }
const settings = { workspace: { holdout: 0 } }
const keys = bucketKeys(4000)

function ask(set: ReturnType<typeof compiledOf>, bucketKey: string, bound = UNBOUND): readonly Answer[] {
  return decide({
    set,
    profile: { ...personOf({ bucketKey }), bound },
    context: {},
    now: 0,
    touchpoints: ['hero', 'cart', 'mail'],
    items: catalogOf({}),
  }).answers
}

describe('a layer', () => {
  const layered = (from: number, to: number) => ({ layer: { key: 'checkout', from, to } })
  const set = compiledOf({
    settings,
    touchpoint: places,
    experience: { x: one('hero', layered(0, 0.3)), y: one('cart', layered(0.3, 0.8)), free: one('mail') },
  })

  it('lets a person be in one of its experiences at most, and in each as many as its share', () => {
    const inside = { x: 0, y: 0, none: 0 }
    for (const key of keys) {
      const [hero, cart, mail] = ask(set, key)
      expect(hero!.experience !== undefined && cart!.experience !== undefined).toBe(false)
      expect(mail!.experience).toBe('free')
      inside[hero!.experience ? 'x' : cart!.experience ? 'y' : 'none']++
    }
    expect(inside.x / keys.length).toBeCloseTo(0.3, 1)
    expect(inside.y / keys.length).toBeCloseTo(0.5, 1)
  })

  it('R6 R7 says nothing of the draws within: arms and control group have their shares, and nobody changes arm by it', () => {
    const alone = compiledOf({ settings, touchpoint: places, experience: { y: one('cart') } })
    const within = keys.filter(key => ask(set, key)[1]!.experience !== undefined)
    const arms = within.map(key => ask(set, key)[1]!)
    expect(arms.map(answer => answer.variant)).toEqual(within.map(key => ask(alone, key)[1]!.variant))
    expect(arms.filter(answer => answer.control).length / within.length).toBeCloseTo(0.1, 1)
    expect(arms.filter(answer => answer.variant === 'a').length / within.length).toBeCloseTo(0.45, 1)
    expect(arms.find(answer => answer.variant === 'a')!.propensity).toBeCloseTo(0.45, 9)
  })

  it('R6 keeps everybody who is in a share that grows', () => {
    const grown = compiledOf({ settings, touchpoint: places, experience: { x: one('hero', layered(0, 0.5)) } })
    for (const key of keys.slice(0, 500)) {
      const before = ask(set, key)[0]!
      if (before.experience !== undefined) expect(ask(grown, key)[0]).toEqual(before)
    }
  })

  it('is shared out without overlap', () => {
    const publish = (experience: object) => {
      const changes = [
        { kind: 'touchpoint' as const, key: 'hero', body: places.hero as JsonObject },
        { kind: 'experience' as const, key: 'x', body: one('hero', layered(0, 0.3)) as unknown as JsonObject },
        { kind: 'experience' as const, key: 'y', body: experience as JsonObject },
      ]
      return validateSet(changes, { version: 0, definitions: [] }).map(one => `${one.key} ${one.path}: ${one.message}`)
    }
    expect(publish(one('hero', layered(0.3, 1)))).toEqual([])
    expect(publish(one('hero', { ...layered(0, 1), status: 'ended' }))).toEqual([])
    expect(publish(one('hero', layered(0.2, 0.4)))).toEqual([
      'x layer: experience "y" has 0.2 to 0.4 of layer "checkout"',
      'y layer: experience "x" has 0 to 0.3 of layer "checkout"',
    ])
    const [problem] = validate('experience', 'x', one('hero', layered(0.4, 0.4)))
    expect(problem).toMatchObject({ path: 'layer.to', message: 'from 0.4 to 0.4 is nobody' })
  })
})

describe('a dependency', () => {
  const requires = (...requires: object[]) => ({ requires, control: 0 })
  const set = compiledOf({
    settings,
    touchpoint: places,
    experience: {
      first: one('hero', { control: 0.5, status: 'ended', layer: { key: 'l', from: 0, to: 0.5 } }),
      any: one('cart', { ...requires({ experience: 'first' }), priority: 1 }),
      other: one('cart', requires({ experience: 'first', not: true })),
      after: one('mail', requires({ experience: 'first', variant: 'a', state: 'seen' })),
      never: one('mail', { ...requires({ experience: 'first', state: 'seen', not: true }), priority: -1 }),
    },
  })

  it('on an assignment follows the draw of the other experience, whatever its status', () => {
    const { inLayer, draws } = set.experiences.get('first')!
    for (const key of keys.slice(0, 500)) {
      const assigned = inLayer!(key) && draws.control.point(key) >= 0.5
      expect(ask(set, key)[1]!.experience).toBe(assigned ? 'any' : 'other')
    }
  })

  it('on an exposure follows what was really seen, and by which variant first', () => {
    const seen = (variant: string) => ({ ...UNBOUND, seen: { first: { at: -5, variant } } })
    expect(ask(set, keys[0]!)[2]!.experience).toBe('never')
    expect(ask(set, keys[0]!, seen('a'))[2]!.experience).toBe('after')
    expect(ask(set, keys[0]!, seen('b'))[2]!).toMatchObject({ reason: 'no-experience' })
    // Who saw the default content of its control group has not seen it.
    expect(ask(set, keys[0]!, seen(''))[2]!.experience).toBe('never')
  })

  it('has its exposures kept with the person', () => {
    const running = compiledOf({
      settings,
      touchpoint: places,
      experience: { first: one('hero'), after: one('mail', requires({ experience: 'first', state: 'seen' })) },
    })
    const [hero, , mail] = ask(running, keys[0]!)
    expect(hero).toMatchObject({ experience: 'first', remember: true })
    expect(mail).not.toHaveProperty('remember')
  })

  it.each<[name: string, bodies: Record<string, object>, lines: string[]]>([
    [
      'on nothing',
      { x: requires({ experience: 'nothing' }) },
      ['x requires[0].experience: there is no experience "nothing"'],
    ],
    [
      'on no variant',
      { x: requires({ experience: 'y', variant: 'c' }), y: {} },
      ['x requires[0].variant: experience "y" has no variant "c"'],
    ],
    [
      'in a circle',
      { x: requires({ experience: 'y' }), y: requires({ experience: 'z' }), z: requires({ experience: 'x' }) },
      [
        'x requires[0].experience: experience "y" itself depends on this one, so neither would ever be shown',
        'y requires[0].experience: experience "z" itself depends on this one, so neither would ever be shown',
        'z requires[0].experience: experience "x" itself depends on this one, so neither would ever be shown',
      ],
    ],
    [
      'holding its moment against nothing that shows the same at once by the same draw',
      {
        x: { plan: { atOnce: 'nothing' } },
        y: { plan: { atOnce: 'y' }, layer: { key: 'l', from: 0, to: 0.1 } },
        z: { plan: { atOnce: 'y' } },
        u: { plan: { atOnce: 'y' }, layer: { key: 'l', from: 0.1, to: 0.2 }, control: 0 },
        v: { plan: { atOnce: 'y' }, layer: { key: 'l', from: 0.2, to: 0.3 } },
      },
      [
        'x plan.atOnce: there is no experience "nothing"',
        'y plan.atOnce: it names itself',
        'z plan.atOnce: experience "y" is not of the same layer',
        'u plan.atOnce: it or experience "y" has no control group',
      ],
    ],
    [
      'on not being in each other',
      { x: requires({ experience: 'y' }), y: requires({ experience: 'x', not: true }) },
      [],
    ],
  ])('%s', (_name, bodies, lines) => {
    const changes = [
      { kind: 'touchpoint' as const, key: 'hero', body: places.hero as JsonObject },
      ...Object.entries(bodies).map(([key, more]) => {
        return { kind: 'experience' as const, key, body: one('hero', more) as unknown as JsonObject }
      }),
    ]
    const problems = validateSet(changes, { version: 0, definitions: [] })
    expect(problems.map(({ key, path, message }) => `${key} ${path}: ${message}`)).toEqual(lines)
  })
})
