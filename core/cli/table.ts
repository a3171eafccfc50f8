/** Rows under headings, in columns as wide as they need to be. */
export const table = (headings: string[], rows: (string | null)[][]): string => {
  const lines = [headings.map((heading) => heading.toUpperCase()), ...rows.map((row) => row.map((cell) => cell ?? '-'))]
  const widths = headings.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)))
  return lines
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
