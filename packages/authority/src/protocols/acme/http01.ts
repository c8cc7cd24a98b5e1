import { lookup, type LookupAddress } from 'node:dns'
import { request } from 'node:http'
import { isIP } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { Problem } from '@sallyport/problem'
import { type AddressKind, addressKind } from '@sallyport/token'
import type { Authority } from '../../authority.ts'
import type { AcmeAuthorizationRow } from '../../store/tables.ts'
import type { AcmeConfig } from './acme-config.ts'
import type { AccountMessage } from './acme-message.ts'
import type { Validated } from './authorizations.ts'

/** RFC 8555 §8.3: a client may be told too early. */
const maxAttempts = 3
const pauseMs = 1_000
const attemptMs = 3_000
/** A key authorization has 87 bytes; servers put a newline behind it. */
const maxAnswerBytes = 1_024
/** Asked at once, of all apps: whoever orders for slow servers keeps nobody else waiting for long. */
const maxRunning = 32
/** Of these so many of one account: who has slow servers waits for them alone. */
const maxRunningOfAccount = 8
let running = 0
const runningOf = new Map<string, number>()

/**
 * Asks the server of a name for the key authorization (RFC 8555 §8.3), on port 80. It follows no
 * redirect: where it leads, nobody proved.
 *
 * @throws Problem `acme_validation_unreachable`, `acme_validation_wrong`; `authority_busy`
 */
export async function validateName(
  _authority: Authority,
  { acme, account }: AccountMessage,
  { identifier_value: name, token }: AcmeAuthorizationRow,
): Promise<Validated> {
  const expected = `${token}.${account.key.thumbprint}`
  const own = runningOf.get(account.id) ?? 0
  if (running >= maxRunning || own >= maxRunningOfAccount) {
    throw new Problem('authority_busy', {
      expected: `at most ${maxRunning} names that are asked at once, ${maxRunningOfAccount} of one account`,
      found: 'one more',
      retryAfterSeconds: attemptMs / 1_000,
    })
  }
  running++
  runningOf.set(account.id, own + 1)
  try {
    for (let attempt = 1; ; attempt++) {
      const refusal = await attemptName(acme, { name, token, expected })
      if (refusal === undefined) return {}
      if (attempt === maxAttempts) throw refusal
      await sleep(pauseMs)
    }
  } finally {
    running--
    const left = (runningOf.get(account.id) ?? 1) - 1
    if (left > 0) runningOf.set(account.id, left)
    else runningOf.delete(account.id)
  }
}

type Asked = { readonly name: string; readonly token: string; readonly expected: string }

async function attemptName(acme: AcmeConfig, asked: Asked): Promise<Problem | undefined> {
  const { name, expected } = asked
  let answer: Answer
  try {
    answer = await ask(acme, asked)
  } catch (error) {
    const found = error instanceof Error ? error.message.slice(0, 200) : 'no answer'
    const detail = `http://${name}/ could not be asked`
    return new Problem('acme_validation_unreachable', { detail, expected: 'an answer', found })
  }
  if (answer.status === 200 && answer.text.trimEnd() === expected) return undefined
  // What it said instead is told to nobody: it would make this a way to read other servers.
  return new Problem('acme_validation_wrong', {
    detail: `http://${name}/ answered with status ${answer.status}, or another text`,
    expected: 'status 200 with the key authorization',
    found: `status ${answer.status}, ${answer.text.length} characters`,
  })
}

type Answer = { readonly status: number; readonly text: string }

async function ask(acme: AcmeConfig, { name, token }: Asked): Promise<Answer> {
  const { insecureValidationTarget: target = `${name}:80` } = acme
  const [host = '', port = '80'] = target.split(':')
  const signal = AbortSignal.timeout(attemptMs)
  const address = await resolve(host, acme, signal)
  const { promise, resolve: answered, reject } = Promise.withResolvers<Answer>()
  // To the address that was looked at: a name that resolves differently a moment later gains nothing.
  const asking = request({
    host: address,
    port: Number(port),
    path: `/.well-known/acme-challenge/${token}`,
    headers: {
      host: name,
      accept: '*/*',
      'accept-encoding': 'identity',
      'user-agent': 'sallyport',
    },
    agent: false,
    maxHeaderSize: 8_192,
    signal,
  })
  asking.on('error', reject)
  asking.on('response', (response) => {
    let length = 0
    response.on('data', (chunk: Buffer) => {
      length += chunk.length
      if (length > maxAnswerBytes) response.destroy(new Error('too long an answer'))
    })
    buffer(response).then(
      (body) => answered({ status: response.statusCode ?? 0, text: body.toString('latin1') }),
      reject,
    )
  })
  asking.end()
  return promise
}

/** One address that may not be asked refuses the name: a server that is to be certified has none such. */
async function resolve(name: string, acme: AcmeConfig, signal: AbortSignal): Promise<string> {
  const addresses = isIP(name) === 0 ? await lookUp(name, signal) : [name]
  const [first] = addresses
  if (first === undefined) throw new Error(`${name} has no address`)
  if (acme.insecureValidationTarget !== undefined) return first
  const allowed: readonly AddressKind[] = acme.privateAddresses ? ['public', 'private'] : ['public']
  const foreign = addresses.find((address) => !allowed.includes(addressKind(address)))
  if (foreign === undefined) return first
  throw new Error(`${name} has the address ${foreign}, which is ${addressKind(foreign)}`)
}

function lookUp(name: string, signal: AbortSignal): Promise<string[]> {
  const { promise, resolve: found, reject } = Promise.withResolvers<string[]>()
  signal.addEventListener('abort', () => reject(new Error('no answer of DNS in time')))
  lookup(name, { all: true }, (error, addresses: LookupAddress[]) => {
    if (error === null) found(addresses.map(({ address }) => address))
    else reject(new Error(`${name} does not resolve: ${error.code ?? 'no reason given'}`))
  })
  return promise
}
