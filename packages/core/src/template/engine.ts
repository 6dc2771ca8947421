import { defaultOperators, type FS, Liquid, type LiquidOptions } from 'liquidjs'
import { FILTERS } from './filters.ts'
import { HTML_FILTERS, writeHtml } from './html.ts'
import { TEMPLATE_LIMITS } from './limits.ts'
import { BoundedEmitter, type Rendering, textOf } from './rendering.ts'

/** `html` escapes what is written, once, unless its last filter is `raw`; `text` writes it as it is. */
export type TextFormat = 'text' | 'html'

/** Left out are those that read other templates. */
const TAGS = [
  '#',
  'assign',
  'break',
  'capture',
  'case',
  'comment',
  'continue',
  'cycle',
  'decrement',
  'echo',
  'for',
  'if',
  'increment',
  'liquid',
  'raw',
  'tablerow',
  'unless',
]

/** Liquid without files, clock and chance, and with a bound to everything. */
function engineOf(write: LiquidOptions['outputEscape'] & object, filters: typeof FILTERS): Liquid {
  const options: LiquidOptions = {
    ownPropertyOnly: true,
    strictFilters: true,
    strictVariables: false,
    dynamicPartials: false,
    relativeReference: false,
    fs: NO_FILES,
    parseLimit: TEMPLATE_LIMITS.source,
    memoryLimit: TEMPLATE_LIMITS.memory,
    outputEscape: write,
    operators: { ...defaultOperators, contains: chargedContains as never },
  }
  const liquid = new Liquid(options)
  for (const name of Object.keys(liquid.tags)) if (!TAGS.includes(name)) delete liquid.tags[name]
  for (const name of Object.keys(liquid.filters)) liquid.unregisterFilter(name)
  for (const [name, filter] of Object.entries(filters)) liquid.registerFilter(name, filter)
  boundCaptures(liquid)
  return liquid
}

const NO_FILES: FS = {
  exists: async () => false,
  existsSync: () => false,
  readFile: () => Promise.reject(new Error('templates read no files')),
  readFileSync: () => {
    throw new Error('templates read no files')
  },
  resolve: (_dir, file) => file,
}

/** What tags capture is written to an emitter of Liquid's own, which has no bound, unless it is given one. */
function boundCaptures({ renderer }: Liquid): void {
  const render = renderer.renderTemplates
  renderer.renderTemplates = function* (templates, context, emitter) {
    const rendering = context.renderLimit as unknown as Rendering
    const written: unknown = yield render.call(renderer, templates, context, emitter ?? new BoundedEmitter(rendering))
    // What is captured was escaped piece by piece as it was written.
    if (emitter === undefined && !rendering.isRaw) rendering.markup.add(String(written))
    return written
  }
}

const contains = defaultOperators.contains as (...args: unknown[]) => unknown

/** Looking through a text or list costs its length. */
function chargedContains(left: unknown, right: unknown, context: { memoryLimit: { use(count: number): void } }) {
  if (typeof left === 'string' || Array.isArray(left)) context.memoryLimit.use(left.length)
  return contains(left, right, context)
}

const engines: Readonly<Record<TextFormat, Liquid>> = {
  text: engineOf(textOf, FILTERS),
  html: engineOf(writeHtml, { ...FILTERS, ...HTML_FILTERS }),
}

/** The one engine of a format; it keeps nothing of what it renders. */
export function engineFor(format: TextFormat): Liquid {
  return engines[format]
}
