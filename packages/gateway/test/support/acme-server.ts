import 'reflect-metadata'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import https from 'node:https'
import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'
import { Pkcs10CertificateRequest, SubjectAlternativeNameExtension } from '@peculiar/x509'
import {
  createRoot,
  generateKey,
  issueServerCertificate,
  signingKeyOf,
  toPem,
} from '@sallyport/pki'
import { calculateJwkThumbprint, flattenedVerify, importJWK, type JWK } from 'jose'
import { checkHttp01, checkTlsAlpn01 } from './acme-validation.ts'
import type { World } from './world.ts'

type Fields = Record<string, unknown>
type Account = { readonly jwk: JWK; readonly contact: unknown }
type Order = {
  readonly id: string
  readonly account: Account
  readonly name: string
  readonly token: string
  status: 'pending' | 'ready' | 'valid' | 'invalid'
  error?: Fields
  certificate?: string
}

export type AcmeServerOptions = {
  /** Where challenges are looked for, in place of ports 80 and 443; every name is 127.0.0.1. */
  readonly ports: { http: number; tls: number }
  /** `kid` and HMAC key (base64url) without which nobody gets an account. */
  readonly externalAccount?: { readonly kid: string; readonly key: string }
}

class AcmeFault extends Error {
  readonly type: string
  constructor(type: string, detail: string) {
    super(detail)
    this.type = type
  }
}

/**
 * A CA that speaks ACME (RFC 8555) and does what a real one does: each nonce counts once, each request is
 * signed for its URL, and a challenge is valid when what is found over the network is right.
 */
export async function startAcmeServer(t: TestContext, world: World, options: AcmeServerOptions) {
  const key = signingKeyOf(await generateKey('ec-p256'))
  const certificate = await createRoot({
    key,
    commonName: 'Test ACME root',
    kind: 'service',
    now: Date.now(),
  })
  const state = {
    /** Certificates are made as if it were so many milliseconds later. */
    shiftMs: 0,
    /** Names that no order is taken for. */
    refused: new Set<string>(),
    /** How many requests are answered with badNonce first. */
    badNonces: 0,
    orders: 0,
    validations: [] as string[],
    accounts: new Map<string, Account>(),
    faults: [] as string[],
    /** When certificates are to be renewed (RFC 9773), where the CA says so. */
    renewalWindow: undefined as { start: string; end: string } | undefined,
    renewalIds: [] as string[],
  }
  const nonces = new Set<string>()
  const orders = new Map<string, Order>()
  let origin = ''

  const newNonce = (): string => {
    const nonce = randomUUID().replaceAll('-', '')
    nonces.add(nonce)
    return nonce
  }

  /** RFC 8555 §6.2: who signed, and what. */
  const verified = async (body: string, url: string) => {
    const jws = JSON.parse(body) as { protected: string; payload: string; signature: string }
    const header = JSON.parse(Buffer.from(jws.protected, 'base64url').toString()) as {
      alg: string
      nonce: string
      url: string
      kid?: string
      jwk?: JWK
    }
    if (header.url !== url) throw new AcmeFault('unauthorized', `signed for ${header.url}`)
    if (!nonces.delete(header.nonce) || state.badNonces-- > 0) {
      throw new AcmeFault('badNonce', 'the nonce was used, or never given')
    }
    if ((header.kid === undefined) === (header.jwk === undefined)) {
      throw new AcmeFault('malformed', 'either kid or jwk')
    }
    const account = header.kid === undefined ? undefined : state.accounts.get(header.kid)
    const jwk = header.jwk ?? account?.jwk
    if (jwk === undefined) throw new AcmeFault('accountDoesNotExist', 'no such account')
    const { payload } = await flattenedVerify(jws, await importJWK(jwk, header.alg), {
      algorithms: ['ES256'],
    })
    const text = Buffer.from(payload).toString()
    return { jwk, account, payload: (text === '' ? {} : JSON.parse(text)) as Fields }
  }

  const orderOf = (id: string, account: Account | undefined): Order => {
    const order = orders.get(id)
    if (order === undefined || order.account !== account) throw new AcmeFault('malformed', 'none')
    return order
  }
  const orderBody = ({ id, status, name, certificate, error }: Order): Fields => ({
    status: status === 'invalid' ? 'invalid' : status,
    identifiers: [{ type: 'dns', value: name }],
    authorizations: [`${origin}/authz/${id}`],
    finalize: `${origin}/finalize/${id}`,
    ...(certificate === undefined ? {} : { certificate: `${origin}/cert/${id}` }),
    ...(error === undefined ? {} : { error }),
  })
  const challengeBodies = ({ id, status, token, error }: Order): Fields[] =>
    ['http-01', 'tls-alpn-01'].map((type) => ({
      type,
      token,
      url: `${origin}/challenge/${id}/${type}`,
      status: status === 'ready' ? 'valid' : status,
      ...(error === undefined ? {} : { error }),
    }))

  const validate = async (order: Order, type: string): Promise<void> => {
    const keyAuthorization = `${order.token}.${await calculateJwkThumbprint(order.account.jwk)}`
    try {
      if (type === 'http-01') await checkHttp01(order, keyAuthorization, options.ports.http)
      else await checkTlsAlpn01(order, keyAuthorization, options.ports.tls)
      order.status = 'ready'
      state.validations.push(`${type} ${order.name}`)
    } catch (error) {
      order.status = 'invalid'
      order.error = { type: 'urn:ietf:params:acme:error:unauthorized', detail: String(error) }
    }
  }

  const issue = async (order: Order, csr: string): Promise<void> => {
    const request = new Pkcs10CertificateRequest(Buffer.from(csr, 'base64url'))
    if (!(await request.verify())) throw new AcmeFault('badCSR', 'the signature is wrong')
    const names = new SubjectAlternativeNameExtension(
      request.getExtension('2.5.29.17')?.rawData ?? new ArrayBuffer(),
    ).names.toJSON()
    if (JSON.stringify(names) !== JSON.stringify([{ type: 'dns', value: order.name }])) {
      throw new AcmeFault('badCSR', `names ${JSON.stringify(names)}`)
    }
    const leaf = await issueServerCertificate({
      issuer: { certificate, key },
      spki: Buffer.from(request.publicKey.rawData),
      names: [order.name],
      now: Date.now() + state.shiftMs,
      days: 2,
    })
    order.certificate = toPem('CERTIFICATE', leaf.der)
    order.status = 'valid'
  }

  type Asked = { readonly parts: string[]; readonly body: string; readonly url: string }
  type Given = { status?: number; location?: string; body: Fields | string }
  const resources: Record<string, (asked: Asked) => Promise<Given>> = {
    account: async ({ body, url }) => {
      const { jwk, payload } = await verified(body, url)
      const { externalAccount } = options
      if (externalAccount !== undefined) {
        const binding = payload['externalAccountBinding'] as Parameters<typeof flattenedVerify>[0]
        const secret = Buffer.from(externalAccount.key, 'base64url')
        await flattenedVerify(binding, secret, { algorithms: ['HS256'] }).catch(() => {
          throw new AcmeFault('externalAccountRequired', 'no binding that fits')
        })
      }
      if (payload['termsOfServiceAgreed'] !== true) {
        throw new AcmeFault('userActionRequired', 'the terms')
      }
      const location = `${origin}/acct/${await calculateJwkThumbprint(jwk)}`
      state.accounts.set(location, { jwk, contact: payload['contact'] })
      return { status: 201, location, body: { status: 'valid' } }
    },
    order: async ({ body, url, parts: [id] }) => {
      const { account, payload } = await verified(body, url)
      if (id !== undefined) return { body: orderBody(orderOf(id, account)) }
      state.orders++
      const [{ value: name } = { value: '' }] = payload['identifiers'] as { value: string }[]
      if (account === undefined || state.refused.has(name)) {
        throw new AcmeFault('rejectedIdentifier', `${name} is refused`)
      }
      const order: Order = {
        id: randomUUID(),
        account,
        name,
        token: randomUUID().replaceAll('-', ''),
        status: 'pending',
      }
      orders.set(order.id, order)
      return { status: 201, location: `${origin}/order/${order.id}`, body: orderBody(order) }
    },
    authz: async ({ body, url, parts: [id = ''] }) => {
      const order = orderOf(id, (await verified(body, url)).account)
      return {
        body: {
          status: order.status === 'ready' ? 'valid' : order.status,
          identifier: { type: 'dns', value: order.name },
          challenges: challengeBodies(order),
        },
      }
    },
    challenge: async ({ body, url, parts: [id = '', type = ''] }) => {
      const { account, payload } = await verified(body, url)
      const order = orderOf(id, account)
      // POST-as-GET has no payload at all; `{}` says: look now (RFC 8555 §7.5.1).
      const isReady = Buffer.from((JSON.parse(body) as { payload: string }).payload, 'base64url')
      if (isReady.length > 0 && order.status === 'pending') await validate(order, type)
      void payload
      return { body: challengeBodies(order).find((one) => one['type'] === type) ?? {} }
    },
    finalize: async ({ body, url, parts: [id = ''] }) => {
      const { account, payload } = await verified(body, url)
      const order = orderOf(id, account)
      if (order.status !== 'ready') throw new AcmeFault('orderNotReady', order.status)
      await issue(order, String(payload['csr']))
      return { body: orderBody(order) }
    },
    cert: async ({ body, url, parts: [id = ''] }) => {
      const order = orderOf(id, (await verified(body, url)).account)
      return { body: order.certificate ?? '' }
    },
  }

  const identity = await world.server('localhost')
  const server = https.createServer(identity, (request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => void answer(request.url ?? '/', Buffer.concat(chunks).toString()))
    const send = ({ status = 200, location, body }: Given, type = 'application/json') => {
      response.writeHead(status, {
        'content-type': typeof body === 'string' ? 'application/pem-certificate-chain' : type,
        'replay-nonce': newNonce(),
        ...(location === undefined ? {} : { location }),
      })
      response.end(typeof body === 'string' ? body : JSON.stringify(body))
    }
    const answer = async (path: string, body: string): Promise<void> => {
      const [, name = '', ...parts] = path.split('/')
      if (name === 'directory') {
        const at = (resource: string) => `${origin}/${resource}`
        return send({
          body: {
            newNonce: at('nonce'),
            newAccount: at('account'),
            newOrder: at('order'),
            ...(state.renewalWindow === undefined ? {} : { renewalInfo: at('renewal') }),
          },
        })
      }
      if (name === 'renewal') {
        state.renewalIds.push(...parts)
        return send({ body: { suggestedWindow: state.renewalWindow } })
      }
      if (name === 'nonce') return send({ body: '' })
      try {
        const resource = resources[name]
        if (resource === undefined) throw new AcmeFault('malformed', 'no such resource')
        send(await resource({ parts, body, url: `${origin}${path}` }))
      } catch (error) {
        const type = error instanceof AcmeFault ? error.type : 'serverInternal'
        state.faults.push(`${type}: ${String(error)}`)
        const problem = { type: `urn:ietf:params:acme:error:${type}`, detail: String(error) }
        send({ status: 400, body: problem }, 'application/problem+json')
      }
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  origin = `https://localhost:${(server.address() as AddressInfo).port}`
  return { ...options, state, directoryUrl: `${origin}/directory` }
}
