import { toValueSync } from 'liquidjs'
import { engineFor, type TextFormat } from './engine.ts'
import { templateError } from './error.ts'
import { BoundedContext, BoundedEmitter, Rendering } from './rendering.ts'
import { weigh } from './weight.ts'

/** What a template names that it does not make itself: a path of names and indices. */
export interface Named {
  /** The first is the variable; undefined stands for a step that is only known when it is rendered, such as `person[x]`. */
  readonly path: readonly (string | number | undefined)[]
  /** 1-based. */
  readonly line: number
}

/** A text with Liquid in it, made ready. */
export interface TextTemplate {
  /** It writes something as it is: whoever wrote it says where that is HTML. What it makes is not taken to be so. */
  readonly isRaw: boolean
  readonly names: readonly Named[]
  /** Throws `TemplateError` where it is beyond its bounds, or a filter is given what it cannot use. Times are shown in `zone`. `markup`: texts that are HTML already. */
  readonly render: (variables: Readonly<Record<string, unknown>>, zone: string, markup?: Set<string>) => string
}

/** Whether a text is a template at all: Liquid is written in {{ }} and {% %}. */
export function isTemplate(text: string): boolean {
  return text.includes('{{') || text.includes('{%')
}

/** Throws `TemplateError` where it is no Liquid, or asks for what is left out here. */
export function compileText(source: string, format: TextFormat): TextTemplate {
  const liquid = engineFor(format)
  try {
    const templates = liquid.parse(source)
    const { globals } = liquid.analyzeSync(templates, { partials: false })
    const names = Object.values(globals)
      .flat()
      .map(({ segments, location }): Named => {
        const path = segments.map(step => (typeof step === 'object' ? undefined : step))
        return { path, line: location.row }
      })
    weigh(templates)
    const isRaw = /\|\s*raw\b/.test(source)
    return {
      isRaw,
      names,
      render: (variables, zone, markup) => {
        const rendering = new Rendering(zone, isRaw, markup)
        const limits = { renderLimit: rendering as never, liquid }
        const context = new BoundedContext(variables, liquid.options, { sync: true }, limits)
        const emitter = new BoundedEmitter(rendering)
        try {
          toValueSync(liquid.renderer.renderTemplates(templates, context, emitter))
        } catch (error) {
          throw templateError(error)
        }
        return emitter.buffer
      },
    }
  } catch (error) {
    throw templateError(error)
  }
}
