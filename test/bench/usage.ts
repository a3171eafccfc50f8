import { readdirSync, readFileSync } from 'node:fs'

const TICKS_PER_SECOND = 100

/** Fields of /proc/<pid>/stat after the name, which may hold blanks. */
const stat = (pid: number | string): string[] => {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
  return text.slice(text.lastIndexOf(')') + 2).split(' ')
}

/** User and system time so far, in seconds; null where the system has no /proc. */
export const cpuSeconds = (pid: number): number | null => {
  try {
    const fields = stat(pid)
    return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND
  } catch {
    return null
  }
}

/** That of a process and all its children, those that ended among them. */
export const treeCpuSeconds = (pid: number): number | null => {
  try {
    const children = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && parentOf(name) === pid)
    const ended = stat(pid)
    const own = [11, 12, 13, 14].reduce((sum, index) => sum + Number(ended[index]), 0) / TICKS_PER_SECOND
    return children.reduce((sum, child) => sum + (cpuSeconds(Number(child)) ?? 0), own)
  } catch {
    return null
  }
}

const parentOf = (pid: string): number | null => {
  try {
    return Number(stat(pid)[1])
  } catch {
    return null
  }
}

export const memoryMb = (pid: number): number | null => {
  try {
    const [, kilobytes] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
    return kilobytes ? Math.round(Number(kilobytes) / 1024) : null
  } catch {
    return null
  }
}
