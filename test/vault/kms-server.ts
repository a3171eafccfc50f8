import { createCipheriv, createDecipheriv, createHash, createHmac, randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Test } from 'tap'

export const CREDENTIALS = { accessKeyId: 'AKIDTEST', secretAccessKey: 'a secret of the test' }
const REGION = 'eu-central-1'

type Body = Record<string, string> & Record<`${string}Context`, Record<string, string> | undefined>

export interface KmsServer {
  endpoint: string
  /** Operations that were answered, in order. */
  calls: string[]
  /** What it does instead of answering: an error's name, or a wait. */
  fault: { name: string; status: number } | { waitMs: number } | null
}

/** Speaks the key service's protocol: signatures are verified, wrapped keys are bound to their key and context. */
export const startKms = async (t: Pick<Test, 'teardown'>, keyIds: string[]): Promise<KmsServer> => {
  const masters = new Map(keyIds.map((id) => [id, randomBytes(32)]))
  const kms: KmsServer = { endpoint: '', calls: [], fault: null }
  const server = createServer(async (request, response) => {
    const raw = await buffer(request)
    const answer = (status: number, body: object) =>
      response.writeHead(status, { 'content-type': TYPE }).end(JSON.stringify(body))
    if (!isSigned(request, raw)) return answer(400, { __type: 'InvalidSignatureException' })
    const { fault } = kms
    if (fault && 'waitMs' in fault) await sleep(fault.waitMs)
    else if (fault) return answer(fault.status, { __type: fault.name, message: 'arn:aws:kms:secret-account' })
    const operation = String(request.headers['x-amz-target']).replace('TrentService.', '')
    kms.calls.push(operation)
    try {
      return answer(200, run(masters, operation, JSON.parse(raw.toString())))
    } catch (error) {
      return answer(400, { __type: (error as Error).message })
    }
  }).listen(0, '127.0.0.1')
  t.teardown(() => void server.close().closeAllConnections())
  await new Promise((listening) => server.once('listening', listening))
  kms.endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return kms
}

const TYPE = 'application/x-amz-json-1.1'

const run = (masters: Map<string, Buffer>, operation: string, body: Body): object => {
  const master = (id = '') => masters.get(id) ?? fail('NotFoundException')
  const blob = Buffer.from(body.CiphertextBlob ?? '', 'base64')
  if (operation === 'GenerateDataKey') {
    const plain = randomBytes(32)
    const wrapped = wrap(master(body.KeyId), plain, body.EncryptionContext)
    return { KeyId: body.KeyId, Plaintext: plain.toString('base64'), CiphertextBlob: wrapped.toString('base64') }
  }
  if (operation === 'Decrypt')
    return { KeyId: body.KeyId, Plaintext: unwrap(master(body.KeyId), blob, body.EncryptionContext).toString('base64') }
  if (operation !== 'ReEncrypt') return fail('UnknownOperationException')
  const plain = unwrap(master(body.SourceKeyId), blob, body.SourceEncryptionContext)
  return { CiphertextBlob: wrap(master(body.DestinationKeyId), plain, body.DestinationEncryptionContext).toString('base64') }
}

const fail = (name: string): never => {
  throw new Error(name)
}

const contextBytes = (context: Record<string, string> = {}) => Buffer.from(JSON.stringify(Object.entries(context).sort()))

const wrap = (master: Buffer, plain: Buffer, context?: Record<string, string>): Buffer => {
  const iv = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', master, iv).setAAD(contextBytes(context))
  const sealed = Buffer.concat([cipher.update(plain), cipher.final()])
  return Buffer.concat([iv, cipher.getAuthTag(), sealed])
}

const unwrap = (master: Buffer, blob: Buffer, context?: Record<string, string>): Buffer => {
  try {
    const cipher = createDecipheriv('aes-256-gcm', master, blob.subarray(0, 12), { authTagLength: 16 }).setAAD(
      contextBytes(context),
    )
    cipher.setAuthTag(blob.subarray(12, 28))
    return Buffer.concat([cipher.update(blob.subarray(28)), cipher.final()])
  } catch {
    return fail('InvalidCiphertextException')
  }
}

const sha = (data: Buffer | string) => createHash('sha256').update(data).digest('hex')
const mac = (key: Buffer | string, data: string) => createHmac('sha256', key).update(data).digest()

/** Signature version 4, computed once more from what came. */
const isSigned = ({ headers, method, url }: IncomingMessage, raw: Buffer): boolean => {
  const found = /Credential=([^,]+), SignedHeaders=([^,]+), Signature=(\w+)/.exec(headers.authorization ?? '')
  const [, credential = '', names = '', signature = ''] = found ?? []
  const [accessKeyId, date = '', region = '', service = '', end = ''] = credential.split('/')
  if (accessKeyId !== CREDENTIALS.accessKeyId || region !== REGION || service !== 'kms') return false
  const signed = names.split(';').map((name) => `${name}:${String(headers[name]).trim()}\n`)
  const canonical = [method, url, '', signed.join(''), names, sha(raw)].join('\n')
  const toSign = ['AWS4-HMAC-SHA256', headers['x-amz-date'], `${date}/${region}/${service}/${end}`, sha(canonical)].join('\n')
  const key = [date, region, service, end].reduce<Buffer | string>(mac, `AWS4${CREDENTIALS.secretAccessKey}`)
  return mac(key, toSign).toString('hex') === signature
}

/** How the service is told of it. */
export const kmsConfig = ({ endpoint }: KmsServer, keyId: string, olderKeyIds: string[] = []) => ({
  keyId,
  olderKeyIds,
  region: REGION,
  endpoint,
  credentials: CREDENTIALS,
  seals: true,
})
