import type { FastifyReply, FastifyRequest } from 'fastify'
import { isProblem, Problem } from '@sallyport/problem'
import { AddressLimiter } from '../../admin/address-limiter.ts'
import type { Api } from '../../api/api-server.ts'
import { addressOf } from '../../api/caller.ts'
import { refuseDeepJson } from '../../api/json-depth.ts'
import { refusalRecord } from '../../api/refusal-record.ts'
import type { Authority } from '../../authority.ts'
import { keyChange, newAccount, updateAccount } from './account-operations.ts'
import type { AcmeConfig } from './acme-config.ts'
import { type AccountMessage, type NamedBy, verifyMessage } from './acme-message.ts'
import { urlsFor } from './acme-urls.ts'
import { answerChallenge, deactivateAuthorization, readAuthorization } from './authorizations.ts'
import { certificateChain } from './certificate-chain.ts'
import { processingRetrySeconds, resumeOrder } from './enroll-attested.ts'
import { finalizeOrder } from './finalize.ts'
import { malformed } from './jws.ts'
import { makeNonce } from './nonces.ts'
import { createOrder, listOrders, type OrderWithAuthorizations, readOrder } from './orders.ts'
import {
  presentAccount,
  presentAuthorization,
  presentChallenge,
  presentDirectory,
  presentOrder,
} from './present-acme.ts'
import { renewalInfo, renewalInfoRetrySeconds } from './renewal-info.ts'
import { revokeCertificate } from './revoke.ts'

/** What an office of phones behind one address does at once. */
const perAddress = { perSecond: 50, burst: 1_000 }
/** Accounts that need no credential are made for devices, one by one. */
const accountsPerAddress = { perSecond: 0.5, burst: 60 }

type Limits = { readonly messages: AddressLimiter; readonly accounts: AddressLimiter }
type Params = { appId: string; id: string }
type Handler<T> = (message: T, reply: FastifyReply, id: string) => Promise<unknown>

/** ACME (RFC 8555) under `/acme/<app>/`. Off until an app's configuration has it. */
export function acmeApi(
  api: Api,
  authority: Authority,
  limits: Limits = {
    messages: new AddressLimiter(perAddress),
    accounts: new AddressLimiter(accountsPerAddress),
  },
): void {
  const { store, now, lanes } = authority
  acceptJose(api)
  api.addHook('onRequest', async (request, reply) => {
    const { appId } = request.params as Params
    const acme = configOf(authority, appId)
    // RFC 8555 §7.1: all but the directory lead to it.
    reply.header('link', `<${urlsFor(request, appId, acme).directory}>;rel="index"`)
    limits.messages.take(addressOf(request))
  })
  api.addHook('onSend', async (request, reply) => {
    const { appId } = request.params as Params
    const isAsked = request.method === 'POST' || request.routeOptions.url?.endsWith('/new-nonce')
    // Also with a refusal: a client goes on with it (RFC 8555 §6.5).
    if (isAsked && reply.statusCode < 500) reply.header('replay-nonce', makeNonce(authority, appId))
  })

  const options = { schema: { hide: true }, config: { acme: true } } as const

  api.get<{ Params: Params }>('/acme/:appId/directory', options, async (request, reply) => {
    const { appId } = request.params
    const acme = configOf(authority, appId)
    reply.removeHeader('link')
    return presentDirectory(urlsFor(request, appId, acme), acme.externalAccount === 'required')
  })
  api.route<{ Params: Params }>({
    ...options,
    method: ['GET', 'HEAD'],
    url: '/acme/:appId/new-nonce',
    handler: (request, reply) => reply.code(request.method === 'HEAD' ? 200 : 204).send(),
  })
  api.get<{ Params: Params }>('/acme/:appId/renewal-info/:id', options, (request, reply) => {
    reply.header('retry-after', String(renewalInfoRetrySeconds))
    return renewalInfo(authority, request.params.appId, request.params.id)
  })

  /** A route of signed messages. `lane`: it waits for its turn among enrolments. */
  function onMessage(
    path: string,
    namedBy: readonly NamedBy[],
    handle: (request: FastifyRequest, reply: FastifyReply, verify: Verify) => Promise<unknown>,
  ): void {
    api.post<{ Params: Params }>(`/acme/:appId/${path}`, options, async (request, reply) => {
      const { appId } = request.params
      const acme = configOf(authority, appId)
      const verify = () => verifyMessage(authority, request, { appId, acme, namedBy })
      return handle(request, reply, verify)
    })
  }
  type Verify = () => ReturnType<typeof verifyMessage>

  /** A route of messages of an account that exists. */
  function onAccountMessage(path: string, handle: Handler<AccountMessage>): void {
    onMessage(path, ['kid'], (request, reply, verify) =>
      lanes.run('enrollment', async () =>
        handle(accountMessage(await verify()), reply, (request.params as Params).id),
      ),
    )
  }

  onMessage('new-account', ['jwk'], async (request, reply, verify) => {
    const message = await verify()
    if (message.acme.externalAccount === 'none') limits.accounts.take(addressOf(request))
    const { account, isNew } = await newAccount(authority, message)
    reply.header('location', message.urls.account(account.id)).code(isNew ? 201 : 200)
    return presentAccount(account, message.urls)
  })
  onAccountMessage('account/:id', async (message, _reply, id) => {
    refuseOtherAccount(message, id)
    return presentAccount(await updateAccount(authority, message), message.urls)
  })
  onAccountMessage('account/:id/orders', async (message, _reply, id) => {
    refuseOtherAccount(message, id)
    const orders = await listOrders(store.read, { accountId: id, now: now() })
    return { orders: orders.map((order) => message.urls.order(order)) }
  })
  onAccountMessage('key-change', async (message, reply) => {
    const holder = await keyChange(authority, message)
    if (holder === undefined) return presentAccount(message.account, message.urls)
    reply.header('location', message.urls.account(holder.id))
    throw new Problem('acme_account_key_held', { expected: 'a new key', found: holder.id })
  })
  onAccountMessage('new-order', async (message, reply) => {
    const created = await createOrder(authority, message)
    reply.code(201).header('location', message.urls.order(created.order.id))
    return presentOrder(created, message.urls)
  })
  onAccountMessage('order/:id', async (message, reply, id) => {
    const found = await readOrder(store.read, { id, accountId: message.account.id, now: now() })
    return answerOrder(await resumeOrder(authority, message, found), message, reply)
  })
  onAccountMessage('order/:id/finalize', async (message, reply, id) => {
    const found = await readOrder(store.read, { id, accountId: message.account.id, now: now() })
    return answerOrder(await finalizeOrder(authority, message, found), message, reply)
  })
  onAccountMessage('authorization/:id', async (message, _reply, id) => {
    const { account, payload, urls } = message
    const mine = { id, accountId: account.id }
    const authorization = await readAuthorization(store.read, mine)
    if (payload?.['status'] === undefined) return presentAuthorization(authorization, urls, now())
    if (payload['status'] !== 'deactivated') throw malformed('status: deactivated', 'another')
    await store.write((tx) => deactivateAuthorization(tx, authorization))
    return presentAuthorization(await readAuthorization(store.read, mine), urls, now())
  })
  onMessage('challenge/:id', ['kid'], async (request, reply, verify) => {
    const message = accountMessage(await verify())
    const { account, payload, urls } = message
    const { id } = request.params as Params
    const authorization = await readAuthorization(store.read, { id, accountId: account.id })
    // RFC 8555 §7.1: it leads to its authorization.
    const index = String(reply.getHeader('link'))
    reply.header('link', [index, `<${urls.authorization(id)}>;rel="up"`])
    if (payload === undefined) return presentChallenge(authorization, urls)
    const note = (refusal: Problem) =>
      authority.decisions.keep(refusalRecord(refusal, request, now()))
    const answer = () => answerChallenge(authority, message, authorization, note)
    // A server that is asked may take its time: it takes nobody's turn.
    const isAsking = authorization.identifier_type === 'dns'
    return presentChallenge(isAsking ? await answer() : await lanes.run('enrollment', answer), urls)
  })
  onAccountMessage('certificate/:id', async (message, reply, id) => {
    const accountId = message.account.id
    const { order } = await readOrder(store.read, { id, accountId, now: now() })
    const chain = await certificateChain(authority, order)
    return reply.type('application/pem-certificate-chain').send(chain)
  })
  onMessage('revoke-cert', ['kid', 'jwk'], async (_request, reply, verify) => {
    await revokeCertificate(authority, await verify())
    return reply.code(200).send()
  })
}

/** @throws Problem `not_found` where the app has no ACME, or there is no such app */
function configOf({ config }: Authority, appId: string): AcmeConfig {
  const app = Object.hasOwn(config.apps, appId) ? config.apps[appId] : undefined
  const acme = app?.protocols.acme
  if (acme !== undefined) return acme
  throw new Problem('not_found', { detail: 'There is no ACME server at this address' })
}

function accountMessage(message: Awaited<ReturnType<typeof verifyMessage>>): AccountMessage {
  const { account } = message
  if (account === undefined) throw new TypeError('a message by kid has an account')
  return { ...message, account }
}

function answerOrder(
  found: OrderWithAuthorizations,
  { urls }: AccountMessage,
  reply: FastifyReply,
) {
  const { id, status } = found.order
  reply.header('location', urls.order(id))
  // RFC 8555 §7.4.
  if (status === 'processing') reply.header('retry-after', String(processingRetrySeconds))
  return presentOrder(found, urls)
}

/** Of another account nobody is told that it is there. */
function refuseOtherAccount({ account }: AccountMessage, id: string): void {
  if (account.id !== id) throw new Problem('not_found', { detail: 'There is no such account' })
}

/** Has the routes of this scope take signed messages (RFC 8555 §6.2), and nothing else. */
function acceptJose(api: Api): void {
  api.removeAllContentTypeParsers()
  api.addContentTypeParser<string>(
    'application/jose+json',
    { parseAs: 'string' },
    (_request, text, done) => {
      try {
        refuseDeepJson(text)
        done(null, JSON.parse(text))
      } catch (error) {
        done(isProblem(error) ? error : malformed('JSON', 'something else'))
      }
    },
  )
}
