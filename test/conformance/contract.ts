import t from 'tap'
import type { AnyDriver } from '../../core/driver.ts'
import type { Exchange, Sandbox, StartSandbox } from '../../core/sandbox.ts'
import { documentsOf } from './documents.ts'
import { Description } from './match.ts'
import { UNCOVERED } from './uncovered.ts'
import { summary, verdictOn } from './verdict.ts'

/** A folder of OpenAPI documents, `<slug>-*.json`, to which what drivers ask and sandboxes answer is held. */
const folder = process.env.VOREL_PROVIDER_SPECS

/** Keeps the sandboxes that are started, for what came to them. */
export const recording = (start: StartSandbox): { start: StartSandbox; exchanges: () => Exchange[] } => {
  const started: Sandbox[] = []
  const recorded: StartSandbox = async (options) => {
    const sandbox = await start(options)
    started.push(sandbox)
    return sandbox
  }
  return { start: recorded, exchanges: () => started.flatMap(({ exchanges }) => exchanges) }
}

/** Declared last: it judges what the tests before it have asked. */
export const keepsToDescription = ({ manifest: { slug } }: AnyDriver, exchanges: () => Exchange[], label: string): void => {
  const documents = folder ? documentsOf(folder, slug) : []
  const why = folder ? `no document ${slug}-*.json in VOREL_PROVIDER_SPECS` : 'VOREL_PROVIDER_SPECS names no folder of documents'
  t.test(
    `${label}: every request keeps to the provider's own description`,
    { skip: documents.length === 0 && why },
    async (t) => {
      const verdict = verdictOn(new Description(documents, UNCOVERED[slug]), exchanges())
      t.comment(`${label}: ${summary(verdict, documents.length)}`)
      for (const violation of verdict.violations) t.comment(violation)
      t.strictSame(verdict.violations, [])
    },
  )
}
