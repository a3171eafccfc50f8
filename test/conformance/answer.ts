import type { SandboxAnswer } from '../../core/sandbox.ts'
import { contentFaults, essence } from './content.ts'
import type { Content, Operation } from './documents.ts'
import { enveloped } from './envelope.ts'

/** What an answer does that its operation describes otherwise; null where no answer of that status is described. */
export const answerFaults = (operation: Operation, answer: SandboxAnswer): string[] | null => {
  const text = textOf(answer)
  if (answer.status === 204 || answer.status === 304) return text === '' ? [] : ['body is there, and there is none by its status']
  const described = describedOf(operation, answer.status)
  if (!described) return null
  if (text === '' && !isSuccess(answer.status)) return [] // what is described is a refusal's body, not that it has one
  return described.content ? bodyFaults(operation, described.content, answer, text) : []
}

/** A success of another number than the declared one (201 for 200) has the declared one's body, where there is but one. */
const describedOf = ({ answers }: Operation, status: number): { content?: Content } | undefined => {
  const successes = Object.entries(answers).filter(([declared, { content }]) => declared.startsWith('2') && content)
  const another = isSuccess(status) && successes.length === 1 ? successes[0]?.[1] : undefined
  return answers[status] ?? another ?? answers.default
}

const isSuccess = (status: number) => status >= 200 && status < 300

const bodyFaults = ({ document, envelope }: Operation, content: Content, answer: SandboxAnswer, text: string): string[] => {
  const type = typeOf(answer)
  const media = content[type]
  if (!media) return [`content type '${type}' is not declared, ${Object.keys(content).join(', ')} is`]
  const { schema = {} } = media
  const whole = envelope && isSuccess(answer.status) ? enveloped(schema, envelope) : schema
  return contentFaults(document, type, whole, document.isOfItems ? 'loose' : 'open', text)
}

/** As it goes out: objects and arrays as JSON. */
const textOf = ({ body }: SandboxAnswer): string =>
  body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body)

const typeOf = ({ body, headers = {} }: SandboxAnswer): string => {
  const [, type] = Object.entries(headers).find(([name]) => name.toLowerCase() === 'content-type') ?? []
  return essence(type ?? (typeof body === 'string' ? '' : 'application/json'))
}
