import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { fakeApi } from './testing/fakeApi.ts'
import { espalier, temporaryFile, temporaryFolder } from './testing/shell.ts'

const MEND = 'Check that --url names an Espalier server, not a proxy or another site.'

describe('exit codes and errors', () => {
  it.each([
    [['--version'], 0],
    [['--help'], 0],
    [['import', '--help'], 0],
    [[], 2],
    [['impot'], 2],
    [['import'], 2],
    [['import', 'x.csv', '--kind', 'evnts'], 2],
    [['import', 'x.csv', '--limit', '0'], 2],
    [['decide', '--touchpoint', 'a'], 2],
    [['decide', '--user-id', 'a'], 2],
    [['decide', '--user-id', 'a', '--touchpoint', 'b', '--context', '[]'], 2],
    [['decide', '--user-id', 'a', '--touchpoint', 'b', '--preview', 'x'], 2],
    [['start', '--port', 'eighty'], 2],
    [['start', '--config', '/nowhere.yaml'], 2],
    [['report', '--url', 'nonsense'], 2],
    [['import', '/nowhere.csv'], 1],
    [['push', '/nowhere'], 1],
    [['restore', '/nowhere.tar.gz', '--data', '/tmp/never-made'], 1],
    [['report'], 1],
  ] as [string[], number][])('espalier %j ends with %i', async (args, code) => {
    const result = await espalier(args)
    expect(result.code).toBe(code)
    expect(result.errors).not.toMatch(/\n\s+at /)
    if (code !== 0) expect(result.errors).not.toBe('')
  })

  it('says on one line what is wrong, where, and the mend; the stack only when asked', async () => {
    const { url } = await fakeApi(() => ({
      status: 401,
      body: {
        error: {
          code: 'unknown_key',
          message: 'This key is not known.',
          mend: 'Use a key that `espalier keys` lists.',
        },
      },
    }))
    const plain = await espalier(['report', '--url', url, '--key', 'x'])
    expect(plain).toEqual({
      code: 1,
      output: '',
      errors: 'espalier: This key is not known. Use a key that `espalier keys` lists.\n',
    })
    const verbose = await espalier(['report', '--url', url, '--key', 'x', '--verbose'])
    expect(verbose.errors).toMatch(/\n\s+at /)
  })

  it('what the server says of a query is said of the options', async () => {
    const invalid = 'Correct the field that `path` names; /openapi.json describes it.'
    const said = async (error: object) => {
      const { url } = await fakeApi(() => ({ status: 400, body: { error: { code: 'invalid', ...error } } }))
      return (await espalier(['report', '--url', url])).errors
    }
    const mend = 'Correct it; the command’s --help says what it takes.'
    expect(await said({ message: 'query.from is not before query.to.', path: 'query.from', mend: invalid })).toBe(
      `espalier: --from is not before --to. ${mend}\n`,
    )
    expect(await said({ message: 'There is no metric "x".', path: 'query.metric', mend: 'Look.' })).toBe(
      'espalier: --metric: There is no metric "x". Look.\n',
    )
    expect(await said({ message: 'There is no experience "x".', path: 'path.key', mend: 'Look.' })).toBe(
      'espalier: There is no experience "x". Look.\n',
    )
  })

  it('the help of start says what an option may be', async () => {
    expect((await espalier(['start', '--help'])).output.replace(/\s+/g, ' ')).toContain(
      'one of debug, info, warn, error, silent; info unless set',
    )
  })

  it('nobody answers', async () => {
    const { errors } = await espalier(['doctor', '--url', 'http://127.0.0.1:9'])
    expect(errors).toMatch(
      /^espalier: No Espalier answers at http:\/\/127\.0\.0\.1:9( \(.*\))?\. Start one with `espalier start`/,
    )
  })

  it('a key is asked for when there is none, and taken from the environment', async () => {
    const { url, requests } = await fakeApi(({ key }) => (key === undefined ? { status: 401 } : { body: { keys: [] } }))
    expect((await espalier(['keys', 'list', '--url', url])).errors).toContain(
      'A secret key is needed. Give it with --key or ESPALIER_SECRET_KEY',
    )
    expect((await espalier(['keys', 'list'], { url, secretKey: 'from-environment' })).code).toBe(0)
    expect(requests.at(-1)?.key).toBe('from-environment')
  })

  it('somebody else’s site', async () => {
    const { url } = await fakeApi(() => ({ body: '<html>' }))
    expect((await espalier(['keys', 'list', '--url', url])).errors).toContain('answered something that is not JSON')
    const { url: other } = await fakeApi(() => ({ status: 404, body: '<html>' }))
    expect((await espalier(['keys', 'list', '--url', other])).errors).toContain(
      'answered 404 Not Found. Check that --url names an Espalier server',
    )
    const { url: proxy } = await fakeApi(() => ({ status: 502, body: '<html>' }))
    expect((await espalier(['keys', 'list', '--url', proxy])).errors).toBe(
      `espalier: ${proxy} answered 502 Bad Gateway. A proxy finds no Espalier behind it: see that one runs there.\n`,
    )
  })

  it('somebody else’s site that answers JSON as well: every command says so on one line, and none that it did something', async () => {
    const spend = temporaryFile('spend.csv', 'day,channel,amount,currency\n2026-11-01,search,1.50,EUR\n')
    const events = temporaryFile(
      'events.ndjson',
      '{"type":"track","event":"Seen","userId":"u","timestamp":"2026-11-01T00:00:00Z"}\n',
    )
    const definitions = temporaryFile('hero.yaml', 'kind: touchpoint\nkey: hero\nbody: {channel: web}\n')
    const out = () => join(temporaryFolder(), 'out')
    const commands = [
      ['backup', out()],
      ['collisions'],
      ['decide', '--user-id', 'u', '--touchpoint', 'hero'],
      ['diff', definitions],
      ['doctor'],
      ['impact'],
      ['impact', '--csv'],
      ['import', events],
      ['keys', 'create', '--kind', 'write'],
      ['keys', 'list'],
      ['keys', 'revoke', 'k'],
      ['library'],
      ['library', 'add', 'churn'],
      ['next'],
      ['next', '--now'],
      ['next', '--record'],
      ['next', 'done', 'n'],
      ['person', 'erase', 'userId:u'],
      ['person', 'erase', 'userId:u', '--yes'],
      ['person', 'erasures'],
      ['person', 'export', 'userId:u', out()],
      ['pull', temporaryFolder()],
      ['push', definitions],
      ['report'],
      ['report', 'offer'],
      ['report', 'offer', '--by', 'time'],
      ['report', 'offer', '--csv'],
      ['segments', 'list'],
      ['segments', 'show', 's'],
      ['segments', 'preview', 's'],
      ['segments', 'export', 's', out(), '--purpose', 'email'],
      ['spend', spend],
      ['warehouse', 'accept'],
      ['whatif', 'offer', '--variant', 'a'],
    ]
    for (const body of [{ id: 7 }, [], 'null']) {
      const { url } = await fakeApi(() => ({ body }))
      for (const args of commands) {
        const answer = await espalier([...args, '--url', url, '--key', 'k'])
        const said = `espalier: ${url} answered something that no Espalier does. ${MEND}\n`
        const errors = answer.errors.replace(/^Reading.*\n/gm, '')
        expect({ ...answer, errors }, args.join(' ')).toEqual({ code: 1, output: '', errors: said })
      }
    }
  })

  it('an address may have a path, where a proxy has Espalier below it, and nothing else', async () => {
    const { url, requests } = await fakeApi(({ path }) =>
      path.startsWith('/tools/')
        ? { body: { keys: [] } }
        : { status: 404, body: { error: { code: 'not_found', message: `There is no GET ${path}.`, mend: 'See.' } } },
    )
    const list = (address: string) => espalier(['keys', 'list', '--url', address, '--key', 'k'])
    expect(await list(`${url}/tools/espalier/`)).toMatchObject({ code: 0, errors: '' })
    expect(requests.at(-1)?.path).toBe('/tools/espalier/v1/keys')
    expect((await list(`${url}/v1`)).errors).toBe(
      'espalier: There is no GET /v1/v1/keys. Write --url without /v1: this server has nothing below it.\n',
    )
    const host = new URL(url).host
    for (const address of [`http://${host}/?workspace=a`, `http://${host}/#a`, 'ftp://a', 'localhost:8080']) {
      const mend = 'Write it as http://127.0.0.1:8080.'
      expect(await list(address)).toMatchObject({
        code: 2,
        errors: `espalier: ${address} is not the address of a server. ${mend}\n`,
      })
    }
    const named = await list(`http://user:word@${host}`)
    expect(named).toMatchObject({ code: 2, errors: expect.stringMatching(/user or a password\. Leave it out/) })
    expect(named.errors).not.toContain('word@')
    expect(requests).toHaveLength(2)
  })

  it('what the server says of a field is said of what it was given with', async () => {
    const said = (message: string, path: string) => ({
      status: 400,
      body: { error: { code: 'invalid', message, path } },
    })
    const errorsOf = async (args: string[], message: string, path: string) => {
      const { url } = await fakeApi(() => said(message, path))
      return (await espalier([...args, '--url', url, '--key', 'k'])).errors
    }
    const decide = ['decide', '--user-id', 'u', '--touchpoint', 'a', '--touchpoint', 'b']
    const long = 'must not have more than 100 characters.'
    for (const [args, path, option] of [
      [decide, 'body.userId', '--user-id'],
      [decide, 'body.touchpoints[1]', '--touchpoint'],
      [decide, 'body.preview.at', '--at'],
      [decide, 'body.preview.offer', '--preview offer'],
      [decide, 'body.context.device.type', '--context device.type'],
      [['whatif', 'offer', '--variant', 'a'], 'body.experience', 'experience'],
      [['whatif', 'offer', '--variant', 'a'], 'body.policy.variant', '--variant'],
      [['whatif', 'offer', '--variant', 'a', '--reward', 'x'], 'body.reward', '--reward'],
      [['keys', 'create', '--kind', 'write', '--label', 'x'], 'body.label', '--label'],
      [['segments', 'preview', 's', '--with', 'x'], 'body.with[0]', '--with'],
      [['segments', 'preview', 's'], 'body.condition', 'condition'],
      [['next', 'done', 'n', '--note', 'x'], 'body.note', '--note'],
      [['library', 'add', 'churn', '--rhythm', 'x'], 'query.rhythmDays', '--rhythm'],
    ] as const) {
      expect(await errorsOf([...args], `${path} ${long}`, path)).toBe(`espalier: ${option} ${long}\n`)
    }
    expect(await errorsOf(decide, 'There is none.', 'body.preview.offer')).toBe(
      'espalier: --preview offer: There is none.\n',
    )
  })

  it('an address that sends on is named, and nothing goes there: it would be without its body or without its key', async () => {
    const { url: other, requests } = await fakeApi(() => ({}))
    const { url } = await fakeApi(({ path }) => ({ status: 301, headers: { location: `${other}/espalier${path}` } }))
    expect(await espalier(['keys', 'create', '--kind', 'write', '--url', url])).toEqual({
      code: 1,
      output: '',
      errors: `espalier: ${url} sends on to ${other}/espalier/v1/keys. Name ${other}/espalier with --url or ESPALIER_URL.\n`,
    })
    const { url: login } = await fakeApi(() => ({ status: 302, headers: { location: '/login' } }))
    expect((await espalier(['keys', 'list', '--url', login])).errors).toContain('/login. Check that --url names')
    expect(requests).toEqual([])
  })

  it('TLS where there is none', async () => {
    const { url } = await fakeApi(() => ({}))
    const { errors } = await espalier(['keys', 'list', '--url', url.replace('http:', 'https:')])
    expect(errors).toMatch(/^espalier: https:.* does not answer by TLS \(ERR_SSL_.*\)\. Write http:\/\/ .*\n$/)
  })

  it('options of one question are refused with another', async () => {
    for (const [given, said] of [
      [['--variant', 'bold'], '--variant is of --by'],
      [['--by', 'time', '--comparison', 'cart'], '--comparison is not of --by'],
      [['--csv', '--by', 'time'], '--csv is not of --by'],
      [['--csv', '--json'], '--csv is not of --json'],
    ] as const) {
      const { code, errors } = await espalier(['report', 'hero', ...given])
      expect([code, errors]).toEqual([2, expect.stringContaining(said)])
    }
  })

  it('a list of people into a folder that is not there is refused on one line', async () => {
    const { code, errors } = await espalier(['segments', 'export', 'buyers', '/nowhere/people.csv'])
    expect([code, errors]).toEqual([1, 'espalier: /nowhere/people.csv.part does not exist. Check the path.\n'])
  })

  it('a mapping that is wrong is named with its line', async () => {
    const mapping = temporaryFile(
      'm.yaml',
      'rules:\n  - type: track\n    event: E\n    userId: u\n    time: "2024-01-01"\n    properties:\n      a: { $nmber: x }\n',
    )
    const file = temporaryFile('x.csv', 'a,b\n1,2\n')
    const result = await espalier(['import', file, '--mapping', mapping, '--dry-run'])
    expect(result.code).toBe(2)
    expect(result.errors).toContain(`${mapping}:7: rules[0].properties.a.$nmber is not an operator`)
    expect((await espalier(['import', file, '--mapping', 'nonsense', '--dry-run'])).errors).toContain(
      'There is no mapping "nonsense". Name a file, or one of google-products, hillstrom',
    )
  })

  it('restore refuses a folder that is not empty', async () => {
    const file = temporaryFile('b.tar.gz', '')
    const result = await espalier(['restore', file, '--data', file.slice(0, -'/b.tar.gz'.length)])
    expect(result.code).toBe(1)
    expect(result.errors).toContain('is not empty. Restore into a new folder')
  })

  it('a backup that breaks off leaves no file that looks whole', async () => {
    const { url } = await fakeApi(() => ({ headers: { 'content-type': 'application/gzip' }, body: 'not a gzip' }))
    const folder = temporaryFolder()
    const result = await espalier(['backup', `${folder}/b.tar.gz`, '--url', url])
    expect(result.code).toBe(1)
    expect(result.errors).toContain('The backup broke off')
    expect(readdirSync(folder)).toEqual([])
  })

  it.each([
    '',
    '{"kind":"about","rows":{}}\n',
    '{"kind":"about","rows":{}}\n{"kind":"end","lines":3}\n',
    '{"kind":"ab',
  ])('R8 an export of a person that breaks off leaves no file that looks whole: %j', async body => {
    const { url } = await fakeApi(() => ({ headers: { 'content-type': 'application/x-ndjson' }, body }))
    const folder = temporaryFolder()
    const result = await espalier(['person', 'export', 'userId:ada', `${folder}/ada.ndjson`, '--url', url])
    expect([result.code, result.errors]).toEqual([1, expect.stringContaining('The export broke off before its end')])
    expect(readdirSync(folder)).toEqual([])
  })

  it('a backup into a folder that is not there is refused before the server makes one', async () => {
    const { code, errors } = await espalier(['backup', '/nowhere/b.tar.gz'])
    expect([code, errors]).toEqual([1, 'espalier: /nowhere does not exist. Check the path.\n'])
  })

  it('definitions that the server refuses are named with file, line, path and mend', async () => {
    const { url } = await fakeApi(({ method }) =>
      method === 'GET'
        ? { body: { version: 4, definitions: [] } }
        : {
            status: 422,
            body: {
              error: { code: 'invalid_definition', message: 'Two problems.' },
              errors: [
                { file: 'x', kind: 'metric', key: 'a', path: 'type', message: '"sums" is not a type', mend: 'use sum' },
                {
                  file: 'x',
                  kind: 'metric',
                  key: 'b',
                  path: '',
                  message: 'it measures nothing',
                  mend: 'name an event',
                },
              ],
            },
          },
    )
    const file = temporaryFile('d.yaml', 'kind: metric\nkey: a\nevent: E\ntype: sums\n---\nkind: metric\nkey: b\n')
    const { code, errors } = await espalier(['push', file, '--url', url, '--key', 'k'])
    expect(code).toBe(1)
    expect(errors).toContain(`${file}:4: type: "sums" is not a type. Use sum.`)
    expect(errors).toContain(`${file}:6: it measures nothing. Name an event.`)
    expect(errors).toContain('nothing was published')
  })
})
