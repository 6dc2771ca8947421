/** Something wrong with a definition: what, where, and the mend. */
export interface Problem {
  /** Where in the body, such as `variants[1].weight`; '' for the body as a whole. */
  readonly path: string
  /** What is wrong, as a sentence without its full stop. */
  readonly message: string
  /** What to do about it, as a sentence without its full stop. */
  readonly mend: string
}

export type Path = readonly (string | number)[]

/** `variants[1].content["home.hero"].title`. */
export function formatPath(path: Path): string {
  return path.reduce<string>((text, step) => {
    if (typeof step === 'number') return `${text}[${step}]`
    if (!/^[A-Za-z_$][\w$-]*$/.test(step)) return `${text}[${JSON.stringify(step)}]`
    return text === '' ? step : `${text}.${step}`
  }, '')
}

/** At a path; message and mend without their full stops. */
export function problem(path: Path, message: string, mend: string): Problem {
  return { path: formatPath(path), message, mend }
}

/** A message or a mend with its full stop, unless it is a question or has it. */
export function sentence(text: string): string {
  return /[.?]$/.test(text) ? text : `${text}.`
}
