/**
 * A person's one timer: due, as in the body, in epoch milliseconds. Profiles of before have none. While it stays what it was, an
 * update still stays in its page and touches no index.
 */
export const timers = `
ALTER TABLE espalier.profiles ADD COLUMN due double precision;
CREATE INDEX profiles_due ON espalier.profiles (workspace, due, id) WHERE due IS NOT NULL;
`
