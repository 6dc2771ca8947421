import type { Json, JsonObject } from '@espalier/core'
import { UsageError } from '../errors.ts'
import { palette } from '../output/colour.ts'
import type { Register } from '../program.ts'
import { apiOf, type ClientOptions, printJson, withClientOptions } from './client.ts'

interface Options extends ClientOptions {
  userId?: string
  anonymousId?: string
  touchpoint: string[]
  context?: string
  preview: string[]
  at?: string
  expose: boolean
  explain: boolean
}

interface Answer {
  reason: string
  experience?: string
  version?: number
  variant?: string
  content: Json
  decisionId?: string
  propensity?: number
  explanation?: JsonObject
}

export const decide: Register = (program, shell) => {
  const many = (value: string, before: string[] = []) => [...before, value]
  const command = program
    .command('decide')
    .description('ask what a person gets at touchpoints, and why')
    .option('--user-id <id>', 'the known person')
    .option('--anonymous-id <id>', 'the browser or device')
    .requiredOption('--touchpoint <key>', 'a touchpoint; repeat for several', many)
    .option('--context <json>', 'context of the request, as JSON')
    .option('--preview <experience=variant>', 'force a variant; logs nothing; repeat for several', many, [])
    .option('--at <instant>', 'decide for this instant (a preview)')
    .option('--expose', 'count the answers as seen', false)
    .option('--explain', 'say why, condition by condition', false)
  withClientOptions(command, shell).action(async (options: Options) => {
    if (!options.userId && !options.anonymousId)
      throw new UsageError('Nobody is named', 'Give --user-id or --anonymous-id')
    const preview = previewOf(options)
    const body: JsonObject = {
      touchpoints: options.touchpoint,
      ...(options.userId ? { userId: options.userId } : {}),
      ...(options.anonymousId ? { anonymousId: options.anonymousId } : {}),
      ...(options.context ? { context: contextOf(options.context) } : {}),
      ...(preview ? { preview } : {}),
      ...(options.expose ? { expose: true } : {}),
      ...(options.explain ? { explain: true } : {}),
    }
    const api = apiOf(options, shell)
    const answer = await api.post<{ answers: Record<string, Answer> }>('/v1/decide', body, 'answers', { named: NAMED })
    if (options.json) return printJson(shell, answer)
    const paint = palette(shell.colour)
    for (const [touchpoint, given] of Object.entries(answer.answers)) {
      shell.out(
        `${paint.bold(touchpoint)}: ${given.variant ? paint.green(given.variant) : 'default content'} (${why(given)})\n`,
      )
      shell.out(`${indented(JSON.stringify(given.content, null, 2))}\n`)
      if (given.explanation) shell.out(`${paint.dim(indented(JSON.stringify(given.explanation, null, 2)))}\n`)
    }
  })
}

const NAMED = { 'body.touchpoints': '--touchpoint', 'body.preview.at': '--at' }

function why({ reason, experience, version, propensity }: Answer): string {
  const of = experience ? ` by ${experience} version ${version}` : ''
  const chance =
    propensity !== undefined && propensity < 1 ? `, chance of being shown ${(propensity * 100).toFixed(1)} %` : ''
  return `${reason}${of}${chance}`
}

function previewOf({ preview, at }: Options): JsonObject | undefined {
  if (preview.length === 0 && !at) return undefined
  const forced: JsonObject = at ? { at } : {}
  for (const pair of preview) {
    const [experience, variant] = pair.split('=')
    if (!experience || !variant) throw new UsageError(`--preview ${pair} is not EXPERIENCE=VARIANT`)
    forced[experience] = variant
  }
  return forced
}

function contextOf(text: string): JsonObject {
  try {
    const value = JSON.parse(text) as Json
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value
  } catch {
    // the one error below
  }
  throw new UsageError('--context is not a JSON object', `Write it as '{"device": {"type": "mobile"}}'`)
}

function indented(text: string): string {
  return text.replace(/^/gm, '  ')
}
