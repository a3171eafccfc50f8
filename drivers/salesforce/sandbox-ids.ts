const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const CHECK = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ012345'

/** The three last characters of an id say which of the first fifteen are capitals. */
const checksum = (id: string): string =>
  [0, 5, 10]
    .map(
      (start) =>
        CHECK[[...id.slice(start, start + 5)].reduce((sum, letter, bit) => sum | (/[A-Z]/.test(letter) ? 1 << bit : 0), 0)],
    )
    .join('')

const base62 = (number: number): string =>
  number < 62 ? (DIGITS[number] ?? '') : base62(Math.floor(number / 62)) + DIGITS[number % 62]

/** Ids of one org count up. */
export const idAt = (prefix: string, count: number): string => {
  const id = `${prefix}gK0000${base62(count).padStart(6, '0')}`
  return id + checksum(id)
}

/** The long form of either, or null for what is no id. */
export const longId = (id: string): string | null => {
  if (/^[A-Za-z0-9]{15}$/.test(id)) return id + checksum(id)
  if (!/^[A-Za-z0-9]{18}$/.test(id)) return null
  return checksum(id.slice(0, 15)) === id.slice(15) ? id : null
}
