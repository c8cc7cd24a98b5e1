import { createHash, createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { type Agent, request } from 'node:https'
import { buffer } from 'node:stream/consumers'
import { toBase64url } from '@sallyport/wire'

export type AcmeAccountOptions = {
  /** `https://…/acme/<app>/directory`. */
  readonly directory: string
  /** PEM: the CA of the server. */
  readonly ca: string
  /** P-256; default a new one. */
  readonly key?: KeyObject
  /** What the account is made with: the two parts of a credential. */
  readonly credential?: { readonly id: string; readonly key: string }
  /** Default: a connection for each message. */
  readonly agent?: Agent
}

export type AcmeAnswer = {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly text: string
  /** Undefined where it is no JSON. */
  // oxlint-disable-next-line typescript/no-explicit-any -- what a client looks at, it names
  readonly body: any
}

/** A client of ACME with an account: what MDM agents have, and no more. */
export type AcmeAccount = {
  readonly url: string
  readonly directory: Readonly<Record<string, string>>
  /** RFC 7638, base64url: the half of key authorizations that is the account's. */
  readonly thumbprint: string
  readonly key: KeyObject
  /** A signed message; without a payload a POST-as-GET. It tries again where its nonce was too old. */
  post(url: string, payload?: object): Promise<AcmeAnswer>
}

const badNonce = 'urn:ietf:params:acme:error:badNonce'

/** A new key that an account, or an order, has. */
export const newAcmeKey = (): KeyObject =>
  generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey

/**
 * Makes an account (RFC 8555 §7.3), or finds the one that the key has.
 *
 * @throws Error with the problem document of a server that refuses
 */
export async function openAcmeAccount(options: AcmeAccountOptions): Promise<AcmeAccount> {
  const { key = newAcmeKey(), credential } = options
  const { ca, agent } = options
  const network = { ca, ...(agent === undefined ? {} : { agent }) }
  const found = await acmeCall(options.directory, network)
  const directory = found.body as Record<string, string>
  const jwk = publicJwk(key)
  const nonces: string[] = []
  const takeNonce = async () => {
    const kept = nonces.pop()
    if (kept !== undefined) return kept
    const answer = await acmeCall(String(directory['newNonce']), { ...network, method: 'HEAD' })
    return String(answer.headers['replay-nonce'])
  }
  const send = async (url: string, name: object, payload?: object): Promise<AcmeAnswer> => {
    const attempt = async () => {
      const header = { alg: 'ES256', nonce: await takeNonce(), url, ...name }
      const answer = await acmeCall(url, { ...network, body: signJws(key, header, payload) })
      const nonce = answer.headers['replay-nonce']
      if (typeof nonce === 'string') nonces.push(nonce)
      return answer
    }
    const answer = await attempt()
    return answer.body?.type === badNonce ? attempt() : answer
  }
  const newAccount = String(directory['newAccount'])
  const binding =
    credential === undefined
      ? {}
      : { externalAccountBinding: bindAccount(jwk, credential, newAccount) }
  const made = await send(newAccount, { jwk }, { termsOfServiceAgreed: true, ...binding })
  if (made.status >= 300) throw new Error(`no account: ${made.text}`)
  const url = String(made.headers['location'])
  return {
    url,
    directory,
    key,
    thumbprint: createHash('sha256').update(JSON.stringify(jwk)).digest('base64url'),
    post: (at, payload) => send(at, { kid: url }, payload),
  }
}

/** Its members in lexicographic order, as thumbprints are made of them. */
export function publicJwk(key: KeyObject): { crv: string; kty: string; x: string; y: string } {
  const { crv = '', kty = '', x = '', y = '' } = key.export({ format: 'jwk' })
  return { crv, kty, x, y }
}

/** A flattened JWS by ES256. */
export function signJws(key: KeyObject, header: object, payload?: object): object {
  const protectedText = encode(header)
  const payloadText = payload === undefined ? '' : encode(payload)
  const bytes = Buffer.from(`${protectedText}.${payloadText}`)
  const signature = sign('sha256', bytes, { key, dsaEncoding: 'ieee-p1363' })
  return { protected: protectedText, payload: payloadText, signature: toBase64url(signature) }
}

/** RFC 8555 §7.3.4. */
export function bindAccount(
  jwk: object,
  credential: { readonly id: string; readonly key: string },
  url: string,
): object {
  const protectedText = encode({ alg: 'HS256', kid: credential.id, url })
  const payload = encode(jwk)
  const signature = createHmac('sha256', Buffer.from(credential.key, 'base64url'))
    .update(`${protectedText}.${payload}`)
    .digest('base64url')
  return { protected: protectedText, payload, signature }
}

const encode = (value: object) => toBase64url(Buffer.from(JSON.stringify(value)))

export type AcmeCallOptions = {
  readonly ca: string
  readonly method?: string
  /** Sent as `application/jose+json`; a text as it is. */
  readonly body?: object | string
  readonly contentType?: string
  readonly agent?: Agent
}

/** One request of ACME over HTTPS. POST where there is a body. */
export async function acmeCall(url: string, options: AcmeCallOptions): Promise<AcmeAnswer> {
  const { ca, body, contentType = 'application/jose+json' } = options
  const text = typeof body === 'object' ? JSON.stringify(body) : body
  const { promise, resolve, reject } = Promise.withResolvers<AcmeAnswer>()
  const asking = request(url, {
    ca,
    agent: options.agent ?? false,
    method: options.method ?? (text === undefined ? 'GET' : 'POST'),
    headers: text === undefined ? {} : { 'content-type': contentType },
  })
  asking.on('error', reject)
  asking.on('response', (response) => {
    buffer(response).then((bytes) => {
      const said = bytes.toString('utf8')
      const isJson = /json/.test(String(response.headers['content-type']))
      resolve({
        status: response.statusCode ?? 0,
        headers: response.headers,
        text: said,
        body: isJson && said !== '' ? JSON.parse(said) : undefined,
      })
    }, reject)
  })
  asking.end(text)
  return promise
}
