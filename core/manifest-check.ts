import Type from 'typebox'
import { Compile } from 'typebox/compile'
import { CONTRACT_VERSION, Manifest } from '../schemas/manifest.ts'
import type { FoundDriver } from './discover.ts'
import { signInRefusals } from './manifest-sign-in-check.ts'
import { type Refusal, type Refuse, refuserOf } from './refusal.ts'
import { shapeFaults } from './shape-faults.ts'

const manifestShape = Compile(Manifest)
const shapeWith = (auth: Type.TSchema) => Compile(Type.Object({ ...Manifest.properties, auth }, { additionalProperties: false }))
const shapesByKind = new Map(
  Manifest.properties.auth.anyOf.map((auth) => [auth.properties.kind.const as string, shapeWith(auth)]),
)
const shapeOfNoKind = shapeWith(Type.Object({ kind: Type.Enum([...shapesByKind.keys()]) }))

/** Held against the one kind of sign-in that is meant: what the others would ask for is of no help. */
const shapeRefusals = (manifest: unknown, refuse: Refuse): Refusal[] => {
  const { auth } = (manifest ?? {}) as { auth?: { kind?: unknown } }
  const shape = shapesByKind.get(String(auth?.kind)) ?? shapeOfNoKind
  return shapeFaults(shape.Errors(manifest), 'manifest').map(({ field, reason }) =>
    refuse(field, reason, 'Correct this field of manifest.ts; schemas/manifest.ts says what it takes.'),
  )
}

const HOST = /^(\*\.)?[a-z0-9-]+(\.[a-z0-9-]+)+(:\d+)?$/

/** Every fault of a manifest: its shape first, then what a shape cannot say. */
export const manifestRefusals = (found: FoundDriver, slug: string): Refusal[] => {
  const refuse = refuserOf(found.folder, slug)
  if (found.fault)
    return [refuse('manifest.ts', `cannot be read: ${found.fault}`, 'Mend the file; it must export `manifest` and run no code.')]
  if (!manifestShape.Check(found.manifest)) return shapeRefusals(found.manifest, refuse)
  const manifest = found.manifest as Manifest
  return [
    ...identityRefusals(manifest, slug, refuse),
    ...signInRefusals(manifest, refuse),
    ...hostRefusals(manifest, refuse),
    ...lagRefusals(manifest, refuse),
    ...objectRefusals(manifest, refuse),
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

const hostRefusals = ({ hosts }: Manifest, refuse: Refuse): Refusal[] =>
  (hosts === 'tenant' ? [] : hosts)
    .filter((host) => !HOST.test(host))
    .map((host) =>
      refuse('hosts', `'${host}' is no host pattern`, "Write a host name such as 'api.example.com' or '*.example.com'."),
    )

/** An object that stands for another, and fields that go to another, lead to objects of the provider's own. */
const objectRefusals = ({ objects, capabilities }: Manifest, refuse: Refuse): Refusal[] => {
  const isOwn = (name: string) => Object.hasOwn(objects, name) && objects[name]?.standsFor === undefined
  return Object.entries(objects).flatMap(([object, { standsFor, fields }]) => {
    const away = Object.entries(fields).flatMap(([slot, { object: other }]) =>
      other === undefined ? [] : [[slot, other] as const],
    )
    const about = (field: string, name: string) =>
      refuse(`objects.${object}.${field}`, `names '${name}', which is no object with records of its own`, 'Name one that is.')
    return [
      ...(standsFor === undefined || isOwn(standsFor) ? [] : [about('standsFor', standsFor)]),
      ...away.filter(([, other]) => !isOwn(other)).map(([slot, other]) => about(`fields.${slot}.object`, other)),
      ...(away.length === 0 || capabilities.supportsAssociate
        ? []
        : [
            refuse(
              `objects.${object}.fields`,
              'lead to another object, but capabilities.supportsAssociate is off',
              'Write the verb associate and switch the capability on, or keep the fields on one object.',
            ),
          ]),
    ]
  })
}

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
