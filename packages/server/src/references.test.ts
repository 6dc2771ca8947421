import { readFileSync } from 'node:fs'
import { Validator } from '@seriousme/openapi-schema-validator'
import { describe, expect, it } from 'vitest'
import { references } from './references.ts'

describe('generated references', () => {
  it.each(
    Object.entries(references()),
  )('docs/reference/%s is current: run `npm run -w @espalier/server docs`', (name, text) => {
    expect(readFileSync(new URL(`../../../docs/reference/${name}`, import.meta.url), 'utf8')).toBe(text)
  })

  it('the OpenAPI document is valid 3.1', async () => {
    const document = JSON.parse(references()['openapi.json']!)
    const validator = new Validator()
    const result = await validator.validate(structuredClone(document))
    expect(result.errors ?? []).toEqual([])
    expect(result.valid).toBe(true)
    expect(validator.version).toBe('3.1')
  })

  it('every operation has a name of its own, as generators of clients need it', () => {
    const { paths } = JSON.parse(references()['openapi.json']!) as { paths: Record<string, Record<string, object>> }
    const names = Object.values(paths).flatMap(path =>
      Object.values(path).map(one => Object(one).operationId as string),
    )
    expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([])
    expect(names).not.toContain(undefined)
  })

  it('every way to send a key is told where one is needed', () => {
    const { paths, components } = JSON.parse(references()['openapi.json']!)
    const { apiKey } = components.securitySchemes
    expect(apiKey).toMatchObject({ type: 'apiKey', in: 'header', name: 'X-API-Key' })
    expect(paths['/ofrep/v1/evaluate/flags'].post.security).toEqual([{ basic: [] }, { bearer: [] }, { apiKey: [] }])
    expect(paths['/health/live'].get.security).toEqual([])
  })

  it('what may be asked wrongly says so, also where nothing but a key is asked for', () => {
    const { paths } = JSON.parse(references()['openapi.json']!)
    const of = (path: string, method: string) => paths[path][method].responses
    for (const path of ['/v1/keys', '/v1/catalog', '/openapi.json']) {
      expect(of(path, 'get')[400]?.description, path).toBe('invalid')
    }
    expect(of('/v1/track', 'post')[403]?.description).toBe('wrong_key')
    expect(of('/ofrep/v1/evaluate/flags', 'post')).toHaveProperty('304')
  })

  it('what answers as CSV when asked for it says so', () => {
    const { paths } = JSON.parse(references()['openapi.json']!) as { paths: Record<string, { get?: object }> }
    const asked = Object.values(paths).flatMap(({ get }) => {
      const { parameters = [], responses = {} } = Object(get) as { parameters?: object[]; responses?: object }
      const isAsked = parameters.some(one => Object(one).name === 'format' && JSON.stringify(one).includes('"csv"'))
      return isAsked ? [Object.keys(Object(responses)[200].content)] : []
    })
    expect(asked.length).toBeGreaterThan(2)
    for (const types of asked) expect(types).toEqual(['application/json', 'text/csv'])
  })

  it('every $ref of the OpenAPI document leads somewhere', () => {
    const document = JSON.parse(references()['openapi.json']!)
    const refs: string[] = []
    JSON.stringify(document, (key, value) => {
      if (key === '$ref') refs.push(value)
      return value
    })
    expect(refs).toContain('#/components/schemas/Condition')
    for (const ref of refs) {
      const found = ref
        .split('/')
        .slice(1)
        .reduce((node, part) => node?.[part], document)
      expect(found, ref).toBeTypeOf('object')
    }
  })
})
