import Type from 'typebox'

/**
 * How far the product is with keeping signals and segments. It is published together with what asks for it, so that all nodes
 * know the same at the same version; nobody authors it.
 */
export const Upkeep = Type.Object(
  {
    /** Version of the set that a team published last. */
    authored: Type.Optional(Type.Integer()),
    /** A signal is kept since a version; filled: what the log has of the time before is in the profiles. */
    signals: Type.Array(
      Type.Object(
        { key: Type.String(), keep: Type.Optional(Type.Integer()), since: Type.Integer(), filled: Type.Boolean() },
        { additionalProperties: false },
      ),
    ),
    /** Of which version of a segment it was looked who is in it. */
    segments: Type.Array(Type.Object({ key: Type.String(), version: Type.Integer() }, { additionalProperties: false })),
  },
  { additionalProperties: false, description: 'Kept by the product itself.' },
)
export type Upkeep = Type.Static<typeof Upkeep>

/** The one key of `upkeep`. */
export const UPKEEP_KEY = 'workspace'
