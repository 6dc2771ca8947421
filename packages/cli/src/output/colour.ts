/** Colours for a terminal, or none. */
export interface Palette {
  green(text: string): string
  red(text: string): string
  yellow(text: string): string
  bold(text: string): string
  dim(text: string): string
}

export function palette(on: boolean): Palette {
  const wrap = (open: number, close: number) => (text: string) => (on ? `\u001B[${open}m${text}\u001B[${close}m` : text)
  return { green: wrap(32, 39), red: wrap(31, 39), yellow: wrap(33, 39), bold: wrap(1, 22), dim: wrap(2, 22) }
}
