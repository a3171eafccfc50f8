import { VorelError } from './errors.ts'

/** A path with each value as one segment: `path\`/people/${id}\``. A value that would climb or vanish is refused. */
export const path = (parts: TemplateStringsArray, ...values: (string | number)[]): string =>
  parts.reduce((built, part, index) => built + segment(values[index - 1] ?? '') + part)

const segment = (value: string | number): string => {
  const text = String(value)
  if (text === '' || text === '.' || text === '..' || !text.isWellFormed())
    throw new VorelError('record_not_found', 'The id given is not one a record can have.')
  return encodeURIComponent(text)
}
