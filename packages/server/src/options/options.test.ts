import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { environmentName, flagName, mistypedVariables, optionNames, optionTable, readOptions } from './index.ts'
import { parseValue } from './value.ts'

function configFile(text: string): string {
  const path = join(mkdtempSync(join(tmpdir(), 'espalier-options-')), 'espalier.yaml')
  writeFileSync(path, text)
  return path
}

describe('options', () => {
  it('every default and every example of the table can be read', () => {
    for (const name of optionNames) {
      const option = optionTable[name]
      expect(() => parseValue(option, option.example, name)).not.toThrow()
      if ('default' in option) expect(() => parseValue(option, option.default, name)).not.toThrow()
    }
  })

  it('a flag wins over the environment, that over the file, that over the default', () => {
    const configFile_ = configFile('port: 1\nhost: 0.0.0.0\nqueueItems: 500\n')
    const options = readOptions({
      flags: { port: '3', logLevel: undefined },
      environment: { ESPALIER_PORT: '2', ESPALIER_HOST: '::1', ESPALIER_LOG_LEVEL: '' },
      configFile: configFile_,
    })
    expect(options).toMatchObject({ port: 3, host: '::1', queueItems: 500, logLevel: 'info' })
  })

  it('ESPALIER_CONFIG names the file, which may be JSON', () => {
    const path = configFile('{"batchBytes": "1MB", "trackOrigins": ["https://a.example", "https://b.example"]}')
    const options = readOptions({ environment: { ESPALIER_CONFIG: path } })
    expect(options.batchBytes).toBe(1024 ** 2)
    expect(options.trackOrigins).toEqual(['https://a.example', 'https://b.example'])
  })

  it('sizes and times carry units', () => {
    const read = (environment: Record<string, string>) => readOptions({ environment })
    expect(read({ ESPALIER_CACHE_BYTES: '1.5 GB' }).cacheBytes).toBe(1.5 * 1024 ** 3)
    expect(read({ ESPALIER_SHIP_EVERY: '250ms' }).shipEvery).toBe(250)
    expect(read({ ESPALIER_DRAIN_TIME: '2m' }).drainTime).toBe(120_000)
  })

  it('names of variables and flags follow from the option', () => {
    expect(environmentName('cacheBytes')).toBe('ESPALIER_CACHE_BYTES')
    expect(flagName('cacheBytes')).toBe('--cache-bytes')
  })

  it.each([
    [{ flags: { port: 'http' } }, /flag --port is "http", not a whole number.*for example/],
    [{ environment: { ESPALIER_PORT: '70000' } }, /ESPALIER_PORT is 70000\. The most is 65535/],
    [{ environment: { ESPALIER_LOG_LEVEL: 'loud' } }, /ESPALIER_LOG_LEVEL is "loud".*debug, info/],
    [{ environment: { ESPALIER_CACHE_BYTES: '5 apples' } }, /ESPALIER_CACHE_BYTES is "5 apples", not a size/],
    [{ environment: { ESPALIER_SECRET_KEY: ' ' } }, /ESPALIER_SECRET_KEY is empty\. Use a long random text/],
    [
      { environment: { ESPALIER_CONFIG: '/nowhere/espalier.yaml' } },
      /config file \/nowhere\/espalier\.yaml cannot be read/,
    ],
  ])('an error names where the value came from and the mend: %j', (sources, message) => {
    expect(() => readOptions({ environment: {}, ...sources })).toThrow(message)
  })

  it('a mistyped variable is told, with the one that was meant; what is nothing like an option is not ours', () => {
    const environment = {
      ESPALIER_PROT: '1',
      ESPALIER_CACHE_BYTE: '64MB',
      ESPALIER_PORT: '2',
      ESPALIER_URL: 'x',
      ESPALIER_CONFIG: '',
      ESPALIER_PORT_8080_TCP: 'tcp://10.0.0.1:8080',
      ESPALIER_SERVICE_HOST: '10.0.0.1',
      PROT: '3',
    }
    expect(mistypedVariables(environment)).toEqual([
      { name: 'ESPALIER_PROT', meant: 'ESPALIER_PORT' },
      { name: 'ESPALIER_CACHE_BYTE', meant: 'ESPALIER_CACHE_BYTES' },
    ])
  })

  it('an unknown or ill-typed field of the file is refused by name', () => {
    expect(() => readOptions({ environment: {}, configFile: configFile('prot: 80') })).toThrow(
      /"prot" in .* is not an option/,
    )
    expect(() => readOptions({ environment: {}, configFile: configFile('port: [80]') })).toThrow(
      /"port" in .* is a list, not a whole number/,
    )
    expect(() => readOptions({ environment: {}, configFile: configFile('- port') })).toThrow(/does not hold options/)
  })
})
