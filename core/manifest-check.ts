import Type from 'typebox'
import { Compile } from 'typebox/compile'
import { CONTRACT_VERSION, Manifest } from '../schemas/manifest.ts'
import type { FoundDriver } from './discover.ts'
import { type Refusal, type Refuse, refuserOf } from './refusal.ts'
import { shapeFaults } from './shape-faults.ts'

const manifestShape = Compile(Manifest)
const HOST = /^(\*\.)?[a-z0-9-]+(\.[a-z0-9-]+)+(:\d+)?$/

/** Every fault of a manifest: its shape first, then what a shape cannot say. */
export const manifestRefusals = (found: FoundDriver, slug: string): Refusal[] => {
  const refuse = refuserOf(found.folder, slug)
  if (found.fault)
    return [refuse('manifest.ts', `cannot be read: ${found.fault}`, 'Mend the file; it must export `manifest` and run no code.')]
  if (!manifestShape.Check(found.manifest))
    return shapeFaults(manifestShape.Errors(found.manifest), 'manifest').map(({ field, reason }) =>
      refuse(field, reason, 'Correct this field of manifest.ts; schemas/manifest.ts says what it takes.'),
    )
  const manifest = found.manifest as Manifest
  return [
    ...identityRefusals(manifest, slug, refuse),
    ...formRefusals(manifest, refuse),
    ...hostRefusals(manifest, refuse),
    ...lagRefusals(manifest, refuse),
  ]
}

const identityRefusals = ({ slug, contractVersion }: Manifest, folder: string, refuse: Refuse): Refusal[] => [
  ...(slug === folder
    ? []
    : [refuse('slug', `is '${slug}', but the folder is called '${folder}'`, `Set slug to '${folder}' or rename the folder.`)]),
  ...(contractVersion === CONTRACT_VERSION
    ? []
    : [
        refuse(
          'contractVersion',
          `is ${contractVersion}; this version of Vorel speaks ${CONTRACT_VERSION}`,
          'Install a release of the driver for this version.',
        ),
      ]),
]

/** The form is an object, and templates name fields that it has. */
const formRefusals = ({ auth, baseUrl }: Manifest, refuse: Refuse): Refusal[] => {
  if (!Type.IsObject(auth.fields))
    return [refuse('auth.fields', 'is not a TypeBox object', 'Declare the form as Type.Object({ … }).')]
  const { properties } = auth.fields
  return Object.entries({ baseUrl, 'auth.signIn': auth.signIn?.value ?? '' }).flatMap(([field, template]) =>
    [...template.matchAll(/\{(\w+)\}/g)]
      .filter(([, name = '']) => !Object.hasOwn(properties, name))
      .map(([placeholder]) =>
        refuse(
          field,
          `holds ${placeholder}, which is no field of the form`,
          'Correct the name, or add the field to auth.fields.',
        ),
      ),
  )
}

const hostRefusals = ({ hosts }: Manifest, refuse: Refuse): Refusal[] =>
  (hosts === 'tenant' ? [] : hosts)
    .filter((host) => !HOST.test(host))
    .map((host) =>
      refuse('hosts', `'${host}' is no host pattern`, "Write a host name such as 'api.example.com' or '*.example.com'."),
    )

const lagRefusals = ({ idempotency, searchLagMs }: Manifest, refuse: Refuse): Refusal[] =>
  idempotency === 'search' && searchLagMs === undefined
    ? [
        refuse(
          'searchLagMs',
          "is missing although idempotency is 'search'",
          'Say how many milliseconds a new record may stay unfindable.',
        ),
      ]
    : []
