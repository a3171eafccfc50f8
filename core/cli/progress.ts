const PATIENCE_MS = 1_000

export const progress = (line: string): void => void process.stderr.write(`${line}\n`)

/** Says what is under way where it takes longer than a second. */
export const telling = async <T>(line: string, work: Promise<T>): Promise<T> => {
  const timer = setTimeout(progress, PATIENCE_MS, line)
  try {
    return await work
  } finally {
    clearTimeout(timer)
  }
}
