import type { Document, Schema } from './documents.ts'

interface Described {
  schema?: Schema
  explode?: boolean
}

/** What the texts of a parameter or of a form's field mean; what cannot be read as its type stays text. */
export const valueIn = (document: Document, { schema = {}, explode }: Described, texts: string[]): unknown => {
  const { type, items = {} } = document.resolve(schema)
  const [text = ''] = texts
  if (type === 'array')
    return listed(texts, explode).map((each) => (typeof each === 'string' ? scalar(document.resolve(items).type, each) : each))
  if (texts.length > 1) return texts
  return type === 'object' ? json(text) : scalar(type, text)
}

/** Repeated, as JSON, or, where a document is silent on it, with commas. */
const listed = (texts: string[], explode: boolean | undefined): unknown[] => {
  const [text = ''] = texts
  if (texts.length > 1 || explode) return texts
  const parsed = text.startsWith('[') ? json(text) : text.split(',')
  return Array.isArray(parsed) ? parsed : texts
}

const scalar = (type: Schema['type'], text: string): unknown => {
  if (type === 'integer' || type === 'number') return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text
  if (type === 'boolean') return text === 'true' || (text === 'false' ? false : text)
  return text
}

const json = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
