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
