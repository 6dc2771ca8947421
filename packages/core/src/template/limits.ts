/** Every bound of a text template (R11). Beyond one it is refused at publication, or fails with a `TemplateError` when rendered. */
export const TEMPLATE_LIMITS = {
  /** Characters of a template. */
  source: 64_000,
  /** Nodes rendered: texts, outputs and tags, each counted each time. It stands for time, but is the same everywhere (R6). */
  steps: 10_000,
  /** Characters written, captured ones included. */
  output: 200_000,
  /**
   * Characters and list elements that filters and ranges work through; elements of lists that are looked at, those of lists in them
   * included; values of a tag or output that names many.
   */
  memory: 500_000,
} as const
