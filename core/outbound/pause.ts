/** Waits, or rejects with what `whenAborted` makes where the signal comes first. */
export const pause = (ms: number, signal: AbortSignal, whenAborted: () => Error): Promise<void> =>
  new Promise((resolve, reject) => {
    const giveUp = () => {
      clearTimeout(timer)
      reject(whenAborted())
    }
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', giveUp)
      resolve()
    }, ms)
    signal.addEventListener('abort', giveUp, { once: true })
  })
