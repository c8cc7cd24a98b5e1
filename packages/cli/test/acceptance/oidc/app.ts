import { createHash, randomBytes } from 'node:crypto'
import https from 'node:https'
import type { Place } from '../connection.ts'
import type { Identity } from '../edited-development.ts'
import { account, audience, issuer, redirectUri } from './provider-behind-gateway.ts'

export type AppAnswer = {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly text: string
  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the caller knows what comes
  readonly json: <T = Record<string, unknown>>() => T
}

export type AppRequest = {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly form?: Readonly<Record<string, string>>
  readonly identity?: Identity | undefined
}

export type Tokens = {
  readonly access_token: string
  readonly refresh_token: string
  readonly token_type: string
}

/** One request to a host of the gateway, over a connection of its own. */
export function send(place: Place, path: string, request: AppRequest = {}): Promise<AppAnswer> {
  const { form, identity } = request
  const content = form === undefined ? undefined : new URLSearchParams(form).toString()
  return new Promise((resolve, reject) => {
    const asked = https.request({
      host: '127.0.0.1',
      port: place.port,
      servername: place.host,
      ca: place.ca,
      // Every host of these tests shows the certificate of `localhost`.
      checkServerIdentity: () => undefined,
      agent: false,
      path,
      method: request.method ?? (form === undefined ? 'GET' : 'POST'),
      headers: {
        host: place.host,
        ...(content === undefined
          ? {}
          : {
              'content-type': 'application/x-www-form-urlencoded',
              'content-length': String(Buffer.byteLength(content)),
            }),
        ...request.headers,
      },
      ...(identity === undefined ? {} : { cert: identity.cert, key: identity.key }),
    })
    asked.on('error', reject)
    asked.on('response', (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString()
        const { statusCode: status = 0, headers } = response
        resolve({ status, headers, text, json: () => JSON.parse(text) })
      })
    })
    asked.end(content)
  })
}

/**
 * Signs the user in as a phone does: the browser goes to the provider and back with a code (RFC 8252), which
 * the app exchanges at the token endpoint, with PKCE (RFC 7636) and its certificate.
 */
export async function signIn(
  place: Place,
  options: {
    clientId: string
    identity: Identity
    /** A DPoP proof for the token endpoint. */
    proof?: () => Promise<string>
  },
): Promise<Tokens> {
  const { clientId, identity, proof } = options
  const verifier = randomBytes(32).toString('base64url')
  const code = await authorize(place, clientId, verifier)
  const headers = proof === undefined ? {} : { dpop: await proof() }
  return tokenRequest(
    place,
    { clientId, identity, headers },
    {
      grant_type: 'authorization_code',
      code,
      code_verifier: verifier,
      redirect_uri: redirectUri,
      resource: audience,
    },
  )
}

/** @throws Error with the provider's answer where it gives no tokens */
export async function tokenRequest(
  place: Place,
  {
    clientId,
    identity,
    headers = {},
  }: {
    clientId: string
    identity: Identity | undefined
    headers?: Readonly<Record<string, string>>
  },
  grant: Readonly<Record<string, string>>,
): Promise<Tokens> {
  const form = { client_id: clientId, ...grant }
  const answer = await send(place, '/token', { form, identity, headers })
  if (answer.status !== 200) throw new Error(`${answer.status} ${answer.text}`)
  return answer.json<Tokens>()
}

/** What a browser does, with a cookie jar, up to the address that belongs to the app. */
async function authorize(place: Place, clientId: string, verifier: string): Promise<string> {
  const cookies = new Map<string, string>()
  const browse = async (path: string, form?: Readonly<Record<string, string>>) => {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const answer = await send(place, path, {
      headers: cookie === '' ? {} : { cookie },
      ...(form === undefined ? {} : { form }),
    })
    for (const line of answer.headers['set-cookie'] ?? []) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      cookies.set(name, value)
    }
    return answer
  }
  const query = new URLSearchParams({
    client_id: clientId,
    redirect_uri: redirectUri,
    response_type: 'code',
    scope: 'openid offline_access accounts:read',
    prompt: 'consent',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    resource: audience,
  })
  let answer = await browse(`/auth?${query.toString()}`)
  for (let step = 0; step < 10; step++) {
    const location = answer.headers['location']
    if (typeof location === 'string') {
      const url = new URL(location, issuer)
      if (location.startsWith(redirectUri)) return url.searchParams.get('code') ?? ''
      answer = await browse(url.pathname + url.search)
      continue
    }
    const action = /action="([^"]+)"/.exec(answer.text)?.[1]
    const prompt = /name="prompt" value="(\w+)"/.exec(answer.text)?.[1]
    if (action === undefined || prompt === undefined) break
    const form = prompt === 'login' ? { prompt, login: account, password: 'x' } : { prompt }
    answer = await browse(new URL(action, issuer).pathname, form)
  }
  throw new Error(
    `the sign-in ended with ${answer.status} ${answer.text.replaceAll(/<[^>]+>|\s+/g, ' ').slice(-600)}`,
  )
}
