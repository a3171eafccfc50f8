import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import Type, { type Static } from 'typebox'
import { Compile } from 'typebox/compile'
import { ConsoleSettings } from './operators/console-config.ts'
import { shapeFaults } from './shape-faults.ts'

/** What an operator may set in `vorel.config.ts`. */
export const OperatorConfig = Type.Object(
  {
    drivers: Type.Optional(
      Type.Object(
        { folders: Type.Array(Type.String(), { description: 'Folders whose subfolders are drivers' }) },
        { additionalProperties: false },
      ),
    ),
    providers: Type.Optional(
      Type.Record(Type.String(), Type.Boolean(), { description: 'By slug; a driver found and not named is on' }),
    ),
    limits: Type.Optional(
      Type.Object(
        {
          perKeyPerMinute: Type.Optional(Type.Integer({ minimum: 1 })),
          perToolPerMinute: Type.Optional(Type.Integer({ minimum: 1 })),
        },
        { additionalProperties: false },
      ),
    ),
    outbound: Type.Optional(
      Type.Object(
        {
          allowAddresses: Type.Array(Type.String(), { description: 'Address ranges of your own network that tenants may name' }),
        },
        { additionalProperties: false },
      ),
    ),
    tracing: Type.Optional(
      Type.Object(
        {
          endpoint: Type.Optional(Type.String({ description: 'OTLP over HTTP; OTEL_EXPORTER_OTLP_ENDPOINT comes first' })),
          share: Type.Optional(Type.Number({ minimum: 0, maximum: 1, description: 'Of the traces that begin here' })),
          sendToProviders: Type.Optional(Type.Boolean({ description: 'Whether providers get a traceparent' })),
        },
        { additionalProperties: false },
      ),
    ),
    vault: Type.Optional(
      Type.Object(
        {
          sealWith: Type.Optional(
            Type.Union([Type.Literal('kms'), Type.Literal('key')], {
              description: 'What seals new values where kms is given: it does, or CRM_CREDENTIAL_ENCRYPTION_KEY; the other opens',
            }),
          ),
          kms: Type.Object(
            {
              keyId: Type.String({
                pattern: '^(?!alias/)(?!.*:alias/).+$',
                description: 'Key id or ARN; no alias, which may come to mean another key',
              }),
              region: Type.String({ minLength: 1 }),
              endpoint: Type.Optional(Type.String({ pattern: '^https://|^http://(127[.]0[.]0[.]1|localhost)([:/]|$)' })),
              olderKeyIds: Type.Optional(Type.Array(Type.String(), { description: 'Keys that only open' })),
            },
            { additionalProperties: false },
          ),
        },
        { additionalProperties: false },
      ),
    ),
    console: Type.Optional(ConsoleSettings),
    deadlineMs: Type.Optional(Type.Integer({ minimum: 100, maximum: 120_000 })),
    demo: Type.Optional(
      Type.Union([Type.Literal(false), Type.Object({ provider: Type.String() }, { additionalProperties: false })]),
    ),
  },
  { additionalProperties: false },
)
export type OperatorConfig = Static<typeof OperatorConfig>

/** Gives `vorel.config.ts` its types. */
export const defineConfig = (config: OperatorConfig): OperatorConfig => config

const shape = Compile(OperatorConfig)

/** The operator's file, read anew where it changed; what is wrong with it goes to `faults`. */
export const readOperatorConfig = async (file: string, isNamed: boolean, faults: string[]): Promise<OperatorConfig> => {
  const info = await stat(file).catch(() => null)
  if (!info) {
    if (isNamed) faults.push(`VOREL_CONFIG names ${file}, which does not exist. Correct the path.`)
    return {}
  }
  try {
    const { default: config } = (await import(`${pathToFileURL(file).href}?version=${info.mtimeMs}-${info.size}`)) as {
      default?: unknown
    }
    if (shape.Check(config)) return config
    if (config === undefined) faults.push(`${file} has no default export. Write \`export default defineConfig({ … })\`.`)
    else
      for (const { field, reason } of shapeFaults(shape.Errors(config), 'the default export'))
        faults.push(`${file}: ${field} ${reason}.`)
  } catch (error) {
    faults.push(`${file} cannot be read: ${String(error instanceof Error ? error.message : error).split('\n')[0]}`)
  }
  return {}
}

/** Relative to where the config file is. */
export const foldersOf = async ({ drivers }: OperatorConfig, base: string, faults: string[]): Promise<string[]> => {
  const folders = (drivers?.folders ?? ['./drivers']).map((folder) => resolve(base, folder))
  for (const folder of drivers ? folders : [])
    if (!(await stat(folder).catch(() => null))?.isDirectory())
      faults.push(
        `drivers.folders names ${folder}, which is no folder. Correct the path; it is read from where the config file is.`,
      )
  return folders
}
