/** What people and rows hold is not to be found in the planner's statistics: those there are go, and no more are made. */
export const unsampledBodies = `
ALTER TABLE espalier.profiles ALTER COLUMN body TYPE bytea;
ALTER TABLE espalier.profiles ALTER COLUMN body SET STATISTICS 0;
ALTER TABLE espalier.outbox ALTER COLUMN body TYPE bytea;
ALTER TABLE espalier.outbox ALTER COLUMN body SET STATISTICS 0;
`
