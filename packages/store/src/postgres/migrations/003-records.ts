/** What the server has to remember of its own work, such as erasures and their receipts. */
export const records = `
CREATE TABLE espalier.records (
  workspace text COLLATE "C" NOT NULL,
  id text COLLATE "C" NOT NULL,
  updated bigint NOT NULL,
  body json NOT NULL,
  PRIMARY KEY (workspace, id)
);
`
