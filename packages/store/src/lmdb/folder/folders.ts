/** What a data folder holds, besides `format.json` and `lock.json`. */
export const FOLDERS = { control: 'control', checkpoint: 'checkpoint', journal: 'journal', runs: 'ids' } as const
