/** Bodies of the outbox come packed: PostgreSQL need not try. */
export const packedOutbox = `
ALTER TABLE espalier.outbox ALTER COLUMN body SET STORAGE EXTERNAL;
`
