let lines = ''

const flush = (): void => {
  const text = lines
  lines = ''
  if (text) process.stdout.write(text)
}

process.once('exit', flush)

/** Standard output for the log: the lines of one turn of the event loop go out in one write. */
export const logStream = {
  write(line: string): void {
    if (!lines) setImmediate(flush)
    lines += line
  },
}
