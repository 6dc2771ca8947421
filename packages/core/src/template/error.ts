/** What is wrong with a template, in one sentence without its full stop; found at publication or while it was rendered. */
export class TemplateError extends Error {
  override readonly name = 'TemplateError'
}

/** Liquid's own errors, in their own words: what and where. */
export function templateError(error: unknown): TemplateError {
  if (error instanceof TemplateError) return error
  const { originalError, message } = error as { originalError?: unknown; message?: unknown }
  if (originalError instanceof TemplateError) return originalError
  return new TemplateError(typeof message === 'string' ? message.split('\n')[0]! : String(error), { cause: error })
}
