import { createHmac } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { newId } from '../id.ts'
import { Problem } from '../problem.ts'
import { Hmac, sameText } from '../secrets.ts'
import { DecisionIds } from './decisionId.ts'
import { Links } from './links.ts'
import { UserHashes } from './userHash.ts'

const secret = new Uint8Array(32).fill(7)
const key = fc.stringMatching(/^[a-z0-9][a-z0-9._-]{0,99}$/)
const answer = fc.record({
  requestId: fc.constant(undefined).map(() => newId()),
  touchpoint: key,
  experience: fc.oneof(fc.constant(''), key),
  version: fc.nat(),
  variant: fc.oneof(fc.constant(''), key),
  control: fc.boolean(),
  holdout: fc.boolean(),
  propensity: fc.double({ min: 0, max: 1, noNaN: true }),
  givenTo: fc.constant(undefined).map(() => newId()),
})

describe('secrets', () => {
  it('Hmac is HMAC-SHA256 for keys and messages of any length', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.uint8Array({ maxLength: 300 }), (key, message) => {
        expect(new Hmac(key).of(message)).toEqual(createHmac('sha256', key).update(message).digest())
      }),
    )
  })

  it('sameText is equality', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (a, b) => {
        expect(sameText(a, b)).toBe(a === b)
        expect(sameText(a, a)).toBe(true)
      }),
    )
  })
})

describe('decision ids', () => {
  it('hold everything an exposure needs', () => {
    const ids = new DecisionIds(secret)
    fc.assert(
      fc.property(answer, given => {
        expect(ids.verify('main', ids.sign('main', given, given.givenTo))).toEqual(given)
      }),
    )
  })

  it('R13 do not tell whether two of them are one person’s', () => {
    const ids = new DecisionIds(secret)
    const given = fc.sample(answer, { numRuns: 1, seed: 1 })[0]!
    const person = (id: string) => Buffer.from(id, 'base64url').toString('hex', 17, 33)
    const [one, again] = [given, { ...given, requestId: newId() }].map(asked => ids.sign('main', asked, given.givenTo))
    expect(person(one!)).not.toBe(person(again!))
    expect(person(one!)).not.toBe(given.givenTo.replaceAll('-', ''))
    expect(person(ids.sign('main', { ...given, touchpoint: 'x' }, given.givenTo))).toBe(person(one!))
    expect(ids.verify('main', ids.sign('main', given, given.requestId))?.givenTo).toBe(given.requestId)
    expect(ids.verify('other', ids.sign('other', given, given.givenTo))).toEqual(given)
  })

  it('of the first format are read: whom they were given to they do not say', () => {
    const id = 'AQGZobLD1H5fimt8jZ4PGisAP9zMzMzMzM0AAAADCWhvbWUuaGVybwZzcHJpbmcBYqVUynpdxSVoD2Zy0GfTq2Q'
    expect(new DecisionIds(secret).verify('main', id)).toEqual({
      requestId: '0199a1b2-c3d4-7e5f-8a6b-7c8d9e0f1a2b',
      touchpoint: 'home.hero',
      experience: 'spring',
      version: 3,
      variant: 'b',
      control: false,
      holdout: false,
      propensity: 0.45,
    })
    expect(new DecisionIds(secret).verify('other', id)).toBeUndefined()
  })

  it('of the second format are read', () => {
    const id =
      'AgGZobLD1H5fimt8jZ4PGisEP9zMzMzMzM0AAAAD9GIAz0uFCuZvbkfirVdYywlob21lLmhlcm8Gc3ByaW5nAWLoKVEdAntcXlDxrlPcsV-E'
    const ids = new DecisionIds(secret)
    const seen = {
      requestId: '0199a1b2-c3d4-7e5f-8a6b-7c8d9e0f1a2b',
      touchpoint: 'home.hero',
      experience: 'spring',
      version: 3,
      variant: 'b',
      control: false,
      holdout: false,
      propensity: 0.45,
      remember: true,
      givenTo: '0199a1b2-c3d4-7e5f-8a6b-7c8d9e0f1a2c',
    }
    expect(ids.verify('main', id)).toEqual(seen)
    expect(ids.verify('other', id)).toBeUndefined()
    expect(ids.verify('main', ids.sign('main', { ...seen, remember: true }, seen.givenTo))).toEqual(seen)
  })

  it('R13 another workspace, another secret and any changed character are refused', () => {
    const ids = new DecisionIds(secret)
    fc.assert(
      fc.property(answer, fc.nat(), fc.nat({ max: 62 }), (given, place, step) => {
        const id = ids.sign('main', given, given.givenTo)
        expect(ids.verify('other', id)).toBeUndefined()
        expect(new DecisionIds(new Uint8Array(32)).verify('main', id)).toBeUndefined()
        const bytes = Buffer.from(id, 'base64url')
        bytes[place % bytes.length]! ^= step + 1
        expect(ids.verify('main', bytes.toString('base64url'))).toBeUndefined()
        const at = place % id.length
        const other = id[at] === 'A' ? 'B' : 'A'
        expect(ids.verify('main', id.slice(0, at) + other + id.slice(at + 1))).toBeUndefined()
        expect(ids.verify('main', id.slice(0, at))).toBeUndefined()
        for (const strange of ['é', ' ', '=', '\ud800']) {
          expect(ids.verify('main', id.slice(0, at) + strange + id.slice(at + 1))).toBeUndefined()
          expect(ids.verify('main', id.slice(0, at) + strange + id.slice(at))).toBeUndefined()
        }
      }),
    )
  })

  it('anything else is refused, never thrown at', () => {
    const ids = new DecisionIds(secret)
    fc.assert(
      fc.property(fc.anything(), given => {
        expect(ids.verify('main', given)).toBeUndefined()
      }),
    )
    fc.assert(
      fc.property(fc.base64String({ maxLength: 200 }), given => {
        expect(ids.verify('main', given)).toBeUndefined()
      }),
    )
  })
})

describe('user hashes', () => {
  it('are the one-liner of the documentation, in either case', () => {
    const hashes = new UserHashes(secret)
    const identitySecret = hashes.identitySecret('main')
    expect(identitySecret).toMatch(/^[0-9a-f]{64}$/)
    const hash = createHmac('sha256', identitySecret).update('zoë@example.com').digest('hex')
    expect(hashes.proves('main', 'zoë@example.com', hash)).toBe(true)
    expect(hashes.proves('main', 'zoë@example.com', hash.toUpperCase())).toBe(true)
  })

  it('R13 prove one user in one workspace', () => {
    const hashes = new UserHashes(secret)
    const hash = createHmac('sha256', hashes.identitySecret('main')).update('u1').digest('hex')
    expect(hashes.proves('main', 'u2', hash)).toBe(false)
    expect(hashes.proves('other', 'u1', hash)).toBe(false)
    fc.assert(
      fc.property(fc.anything(), given => {
        expect(hashes.proves('main', 'u1', given)).toBe(false)
      }),
    )
  })
})

describe('links', () => {
  const grant = { allows: ['preview'] as const, expires: 2000 }

  it('allow what they say until they end', () => {
    const links = new Links(secret)
    const link = links.sign('main', grant)
    expect(links.verify('main', link, 1999)).toEqual(grant)
    expect(() => links.verify('main', link, 2000)).toThrow(/ended/)
  })

  it('R13 changed ones, and those of another workspace, are refused', () => {
    const links = new Links(secret)
    const link = links.sign('main', grant)
    expect(() => links.verify('other', link, 0)).toThrow(Problem)
    const [, mac] = link.split('.')
    const forged = Buffer.from(JSON.stringify({ ...grant, expires: 1e15 })).toString('base64url')
    expect(() => links.verify('main', `${forged}.${mac}`, 0)).toThrow(Problem)
    fc.assert(
      fc.property(fc.string(), text => {
        expect(() => links.verify('main', text, 0)).toThrow(Problem)
      }),
    )
  })
})

describe('ids', () => {
  it('are UUIDv7, never the same twice, in order of time', () => {
    const ids = Array.from({ length: 5000 }, newId)
    expect(new Set(ids).size).toBe(ids.length)
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    const times = ids.map(id => id.slice(0, 13))
    expect([...times].sort()).toEqual(times)
  })
})
