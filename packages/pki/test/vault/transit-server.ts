import { execFileSync } from 'node:child_process'
import { constants, generateKeyPairSync, type KeyObject, privateDecrypt } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import assert from 'node:assert/strict'

/**
 * The endpoints of Vault that are used, as its documentation has them
 * (developer.hashicorp.com/vault/api-docs/secret/transit, …/auth/token). It refuses what Vault would.
 */
export type TransitServer = Awaited<ReturnType<typeof startTransit>>

type Key = {
  type: string
  exportable: boolean
  versions: { privateKey: KeyObject; publicKey: KeyObject }[]
}

const curves: Readonly<Record<string, string>> = { 'ecdsa-p256': 'P-256', 'ecdsa-p384': 'P-384' }

function generate(type: string) {
  const curve = curves[type]
  if (curve !== undefined) return generateKeyPairSync('ec', { namedCurve: curve })
  assert.match(type, /^rsa-(2048|3072|4096)$/)
  return generateKeyPairSync('rsa', { modulusLength: Number(type.slice(4)) })
}

export async function startTransit(options: { namespace?: string } = {}) {
  const keys = new Map<string, Key>()
  const state = {
    token: 'hvs.first',
    ttl: 3_600,
    renewals: 0,
    answer: 'as it should' as
      | 'as it should'
      | 'sealed'
      | 'nothing'
      | 'too much'
      | 'no JSON'
      | 'redirect'
      | 'standby',
    requests: 0,
    lookUps: 0,
    /** A connection that was kept is closed with the next question on it. */
    closesKept: false,
    /** How long an answer takes. */
    delayMs: 0,
    /** Vault before 1.17 passes over `padding_scheme`, and decrypts OAEP alone. */
    knowsPadding: true,
  }
  const server = createServer((request, response) => {
    // Whoever asked may be gone before the end of the question.
    handle(request, response).catch(() => request.destroy())
  })
  const used = new WeakSet<object>()
  async function handle(request: IncomingMessage, response: ServerResponse) {
    state.requests += 1
    if (state.closesKept && used.has(request.socket)) return void request.socket.destroy()
    used.add(request.socket)
    if (state.delayMs > 0) await sleep(state.delayMs)
    const pieces: Buffer[] = []
    for await (const piece of request as AsyncIterable<Buffer>) pieces.push(piece)
    const text = Buffer.concat(pieces).toString()
    const reply = (status: number, body?: object) => {
      response.writeHead(status, { 'content-type': 'application/json' })
      response.end(body === undefined ? undefined : JSON.stringify(body))
    }
    if (state.answer === 'nothing') return
    if (state.answer === 'sealed') return reply(503, { errors: ['Vault is sealed'] })
    if (state.answer === 'standby') return reply(429, { errors: [] })
    if (state.answer === 'too much') return void response.end('x'.repeat(400_000))
    if (state.answer === 'no JSON') return void response.end('<html>')
    if (state.answer === 'redirect') {
      response.writeHead(307, { location: 'http://198.51.100.1/' })
      return void response.end()
    }
    if (request.headers['x-vault-request'] !== 'true') return reply(412, { errors: [] })
    if (request.headers['x-vault-namespace'] !== options.namespace)
      return reply(404, { errors: [] })
    if (request.headers['x-vault-token'] !== state.token) {
      return reply(403, { errors: ['permission denied'] })
    }
    const body = text === '' ? {} : (JSON.parse(text) as Record<string, unknown>)
    const asked = (request.url ?? '').replace(/^\/v1\//, '')
    const [first, second, name = ''] = asked.split('/')
    const at = `${request.method} ${first}/${second}`
    if (asked === 'auth/token/lookup-self' && request.method === 'GET') {
      state.lookUps += 1
      return reply(200, { data: { ttl: state.ttl, renewable: true } })
    }
    if (asked === 'auth/token/renew-self' && request.method === 'POST') {
      state.renewals += 1
      return reply(200, { auth: { lease_duration: state.ttl, renewable: true } })
    }
    const key = keys.get(decodeURIComponent(name))
    if (asked === 'transit/keys?list=true' && request.method === 'GET') {
      return keys.size === 0
        ? reply(404, { errors: [] })
        : reply(200, { data: { keys: [...keys.keys()] } })
    }
    if (at === 'GET transit/keys')
      return key === undefined ? reply(404, { errors: [] }) : reply(200, { data: describe(key) })
    if (at === 'POST transit/keys') {
      const type = typeof body['type'] === 'string' ? body['type'] : 'aes256-gcm96'
      if (key === undefined) {
        keys.set(decodeURIComponent(name), {
          type,
          exportable: body['exportable'] === true,
          versions: [generate(type)],
        })
      }
      return reply(204)
    }
    if (at === 'POST transit/sign') {
      if (key === undefined) return reply(400, { errors: ['signing key not found'] })
      return signed(key, body, reply)
    }
    if (at === 'POST transit/decrypt') {
      if (key === undefined) return reply(400, { errors: ['encryption key not found'] })
      return decrypted(key, state.knowsPadding ? body['padding_scheme'] : 'oaep', body, reply)
    }
    return reply(404, { errors: [] })
  }
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    keys,
    state,
    rotate: (name: string) => {
      const key = keys.get(name)
      key?.versions.push(generate(key.type))
    },
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

function describe({ type, exportable, versions }: Key) {
  const entries = versions.map(({ publicKey }, index) => [
    String(index + 1),
    { name: curves[type] ?? 'rsa', public_key: publicKey.export({ format: 'pem', type: 'spki' }) },
  ])
  return {
    type,
    exportable,
    allow_plaintext_backup: false,
    deletion_allowed: false,
    latest_version: versions.length,
    min_available_version: 0,
    supports_signing: true,
    keys: Object.fromEntries(entries),
  }
}

/** `prehashed`: what comes is the digest. */
function signed(
  key: Key,
  body: Record<string, unknown>,
  reply: (status: number, body: object) => void,
) {
  const input = Buffer.from(String(body['input']), 'base64')
  const hash = String(body['hash_algorithm'])
  const lengths: Record<string, number> = { 'sha2-256': 32, 'sha2-384': 48 }
  const isEc = key.type.startsWith('ecdsa')
  const isRight =
    body['prehashed'] === true &&
    input.length === lengths[hash] &&
    (isEc ? body['marshaling_algorithm'] === 'asn1' : body['signature_algorithm'] === 'pkcs1v15')
  if (!isRight) return reply(400, { errors: ['invalid request'] })
  const version = Number(body['key_version'] ?? key.versions.length)
  const pair = key.versions[version - 1]
  if (pair === undefined) return reply(400, { errors: ['no such version'] })
  const signature = signDigest(pair.privateKey, hash, input)
  return reply(200, {
    data: { signature: `vault:v${version}:${signature.toString('base64')}`, key_version: version },
  })
}

/** RSA: OAEP is of SHA-256 alone, and what does not decrypt is an invalid request. Go says which padding is wrong. */
function decrypted(
  { versions }: Key,
  padding: unknown,
  body: Record<string, unknown>,
  reply: (status: number, body: object) => void,
) {
  const match = /^vault:v(\d+):(.+)$/.exec(String(body['ciphertext']))
  const pair = versions[Number(match?.[1]) - 1]
  if (pair === undefined) return reply(400, { errors: ['invalid ciphertext: no prefix'] })
  try {
    const options =
      padding === 'pkcs1v15'
        ? { padding: constants.RSA_PKCS1_PADDING }
        : { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' }
    const encrypted = Buffer.from(match?.[2] ?? '', 'base64')
    const plaintext = privateDecrypt({ key: pair.privateKey, ...options }, encrypted)
    return reply(200, { data: { plaintext: plaintext.toString('base64') } })
  } catch {
    return reply(400, { errors: ['crypto/rsa: decryption error'] })
  }
}

/** As openssl signs a digest: Node alone would make one of its own of it. */
function signDigest(key: KeyObject, hash: string, digest: Buffer): Buffer {
  const directory = mkdtempSync(path.join(tmpdir(), 'sallyport-transit-'))
  try {
    const file = (name: string, content: string | Buffer) => {
      writeFileSync(path.join(directory, name), content)
      return path.join(directory, name)
    }
    const pem = file('key.pem', key.export({ format: 'pem', type: 'pkcs8' }))
    const options = ['-inkey', pem, '-in', file('digest', digest)]
    const digestOption = ['-pkeyopt', `digest:${hash.replace('sha2-', 'sha')}`]
    return execFileSync('openssl', ['pkeyutl', '-sign', ...options, ...digestOption])
  } finally {
    rmSync(directory, { recursive: true })
  }
}
