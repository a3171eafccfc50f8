import { spawn } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import t from 'tap'
import { findEmbedded } from '../../core/store/embedded.ts'
import { CommandLine, ended, MAIN, openFolder } from './command.ts'

interface SandboxReady {
  url: string
  settings: { url: string }
  credentials: { api_key: string }
  connect: string
}
interface ServiceReady {
  url: string
  demo: { tenant: string; api_key: string }
}

const dir = await openFolder(t)
const postgres = join(dir, 'postgres')
const vorel = new CommandLine({ VOREL_DATA_DIR: dir })
const { ready: sandbox } = await vorel.serve<SandboxReady>(t, ['sandbox', 'memory'])
const RIGHT = sandbox.credentials.api_key
const WRONG = 'another-key-entirely'
const connect = ['connect', 'acme', 'memory', '--set', `url=${sandbox.url}`, '--secret']

t.test('no service runs', async (t) => {
  t.test('the first command makes the database, and leaves no server behind', async (t) => {
    t.same(await vorel.json(['tenants', 'create', 'acme', '--name', 'Acme', '--region', 'ae']), {
      id: 'acme',
      name: 'Acme',
      region: 'AE',
    })
    t.equal(await findEmbedded(postgres), null)
  })

  t.test('a wrong key: one sentence, nothing stored, and the key nowhere', async (t) => {
    const { code, stdout, stderr } = await vorel.run([...connect, 'api_key=-'], WRONG)
    t.equal(code, 1)
    t.equal(stdout, '')
    t.match(stderr, /Nothing was stored|refused/)
    t.notMatch(stderr, /\n {4}at /, 'no stack')
    t.notMatch(stderr, WRONG)
  })

  t.test('the right key, from a file whose last newline is not part of it, makes the connection active', async (t) => {
    const file = join(dir, 'key')
    await writeFile(file, `${RIGHT}\n`)
    const done = await vorel.json([...connect, `api_key=@${file}`, '--on-unmapped', 'skip'])
    t.match(done, { tenant: 'acme', provider: 'memory', status: 'active', account: 'In-memory sandbox' })
    t.equal(await findEmbedded(postgres), null)
  })
})

t.test('a service runs', async (t) => {
  const { ready: service, stop } = await vorel.serve<ServiceReady>(t, ['start'])
  const post = async (path: string, bearer: string, body: object) => {
    const headers = { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' }
    const answer = await fetch(`${service.url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) })
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
  }
  const lead = { object: 'lead', fields: { name: 'Ada Lovelace', spend: 4200 } }

  t.test('it told where it listens, and with which key its demo is called', async (t) => {
    const { status } = await post('/v1/crm/create-record', service.demo.api_key, {
      object: 'lead',
      fields: { name: 'Ada' },
      idempotency_key: 'story-demo',
    })
    t.equal(status, 201)
  })

  t.test('tenants are listed with what they are connected to', async (t) => {
    t.match(await vorel.json(['tenants', 'list']), [
      { id: 'acme', provider: 'memory', status: 'active' },
      { id: 'demo', provider: 'memory', status: 'active' },
    ])
  })

  t.test(
    'a field that the CRM has not is refused, with names that are near; one that it has is mapped by its type',
    async (t) => {
      const row = { slot: 'lead.spend', path: 'lead.budget', type: 'number' }
      const refused = await vorel.run(['map', 'set', 'acme', 'lead.outlay', 'lead.budget_usd', '--json'])
      const mapped = await vorel.json(['map', 'set', 'acme', row.slot, row.path])
      t.equal(refused.code, 1)
      t.match(JSON.parse(refused.stderr), { code: 'field_invalid', message: /Near: lead\.budget/ })
      t.match(mapped, row)
      const listed = await vorel.json<unknown[]>(['map', 'list', 'acme'])
      t.match(listed, [row])
      t.equal(listed.length, 1)
    },
  )

  t.test("a new key's create writes by the mapping, until the key is revoked", async (t) => {
    const scopes = ['--scope', 'crm:write', '--scope', 'crm:read']
    const { id, key } = await vorel.json<{ id: string; key: string }>(['keys', 'create', '--tenant', 'acme', ...scopes])
    const made = await post('/v1/crm/create-record', key, { ...lead, idempotency_key: 'story-1' })
    t.equal(made.status, 201)
    t.same(
      (await leads()).map(({ name, budget }) => ({ name, budget })),
      [{ name: 'Ada Lovelace', budget: 4200 }],
    )

    const listed = await vorel.run(['keys', 'list', '--tenant', 'acme'])
    t.match(listed.stdout, new RegExp(`${id}.*crm:write crm:read`))
    t.notMatch(listed.stdout, key)

    t.same(await vorel.json(['keys', 'revoke', id, '--tenant', 'acme']), { tenant: 'acme', id, revoked: true })
    t.match(await post('/v1/crm/create-record', key, { ...lead, idempotency_key: 'story-2' }), {
      status: 401,
      body: { code: 'unauthenticated' },
    })
    t.equal((await vorel.run(['keys', 'revoke', id, '--tenant', 'acme'])).code, 1, 'there is nothing left to revoke')
  })

  t.test('a token is for its tenant, its turn and its tools', async (t) => {
    const asked = ['tokens', 'create', '--tenant', 'acme', '--conversation', 'call-1', '--turn', '7']
    const token = (await vorel.run(asked)).stdout.trim()
    const made = await post('/api/tools/crm_create_record', token, lead)
    t.equal(made.status, 201)
    t.same(await post('/api/tools/crm_create_record', token, lead), { ...made, body: made.body })
    t.equal((await leads()).length, 2, 'the same turn creates once')

    const { token: narrow } = await vorel.json<{ token: string }>([...asked, '--tool', 'crm_list_recent'])
    t.equal((await post('/api/tools/crm_list_recent', narrow, { object: 'lead' })).status, 200)
    t.equal((await post('/api/tools/crm_create_record', narrow, lead)).status, 403)
  })

  t.test("the sandbox's ready line connects as it stands", async (t) => {
    const line = sandbox.connect.replace('vorel connect', `${process.execPath} ${MAIN} connect`)
    const { code, stdout, stderr } = await ended(spawn('bash', ['-c', line], { env: vorel.env }))
    t.equal(code, 0, stderr)
    t.match(stdout, "Tenant 'demo' is connected to memory: In-memory sandbox.")
  })

  t.test('a mapping that is removed is gone, and cannot be removed twice', async (t) => {
    t.equal((await vorel.run(['map', 'unset', 'acme', 'lead.spend'])).code, 0)
    t.match(await vorel.run(['map', 'unset', 'acme', 'lead.spend']), { code: 1, stderr: /has no mapping of lead\.spend/ })
  })

  t.test('the wrong key left nothing: what is stored is the first version', async (t) => {
    t.same(await ask("select provider, token_version from tenant_credentials where tenant_id = 'acme'"), [
      { provider: 'memory', token_version: 1 },
    ])
  })

  t.test('the audit log names who did all this', async (t) => {
    const rows = await ask(
      `select action || ' ' || code as did from audit_log
       where actor_id = $1 and actor_type = 'platform_operator' and tenant_id = 'acme' and phase = 'outcome' order by seq`,
      `cli:${userInfo().username}`,
    )
    t.same(
      rows.map(({ did }) => did),
      [
        'tenant.created ok',
        'connection.activated auth_error',
        'connection.activated ok',
        'mapping.set field_invalid',
        'mapping.set ok',
        'api_key.created ok',
        'api_key.revoked ok',
        'api_key.revoked invalid_request',
        'mapping.unset ok',
        'mapping.unset invalid_request',
      ],
    )
  })

  t.test('a second start at the same address gives up in a sentence', async (t) => {
    const { code, stdout, stderr } = await vorel.with({ PORT: new URL(service.url).port }).run(['start', '--json'])
    t.same([code, stdout], [1, ''])
    t.match(JSON.parse(stderr), { code: 'address_unavailable', message: /\(EADDRINUSE\)\. Set PORT/ })
  })

  t.test('all of it left the service its database, which ends with the service', async (t) => {
    t.equal((await fetch(`${service.url}/ready`)).status, 200)
    t.equal(await stop(), 0)
    t.equal(await findEmbedded(postgres), null)
  })
})

async function leads(): Promise<Record<string, unknown>[]> {
  const answer = await fetch(`${sandbox.url}/leads`, { headers: { authorization: `Bearer ${RIGHT}` } })
  return ((await answer.json()) as { rows: Record<string, unknown>[] }).rows
}

async function ask(statement: string, ...values: string[]): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: (await findEmbedded(postgres)) ?? '' })
  await client.connect()
  try {
    return (await client.query(statement, values)).rows
  } finally {
    await client.end()
  }
}
