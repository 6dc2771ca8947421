/** Companies, by group id. What they are said to be is not to be found in the planner's statistics. */
export const accounts = `
CREATE TABLE espalier.accounts (
  workspace text COLLATE "C" NOT NULL,
  id text COLLATE "C" NOT NULL,
  version bigint NOT NULL,
  body json NOT NULL,
  PRIMARY KEY (workspace, id)
);
ALTER TABLE espalier.accounts ALTER COLUMN body SET STATISTICS 0;
`
