/** Rows under headings, columns as wide as they need; numbers (told by their alignment) to the right. */
export function table(
  headings: readonly string[],
  rows: readonly (readonly string[])[],
  right: readonly number[] = [],
): string {
  const widths = headings.map((heading, i) => Math.max(width(heading), ...rows.map(row => width(row[i] ?? ''))))
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, i) => {
        const space = ' '.repeat(widths[i]! - width(cell))
        return right.includes(i) ? space + cell : cell + space
      })
      .join('  ')
      .trimEnd()
  return [line(headings), line(widths.map(n => '-'.repeat(n))), ...rows.map(line)].map(text => `${text}\n`).join('')
}

function width(text: string): number {
  return [...text].length
}
