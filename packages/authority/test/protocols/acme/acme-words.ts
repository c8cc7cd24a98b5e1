import assert from 'node:assert/strict'
import { createHash, createPublicKey, type KeyObject } from 'node:crypto'
import { createSigningRequest } from '@sallyport/pki'
import {
  acmeCall,
  type AcmeAnswer,
  attestationObject,
  bindAccount,
  newAcmeKey,
  publicJwk,
  signJws,
} from '@sallyport/virtual-device'
import { type AcmeDeployment, phoneRoot } from './acme-deployment.ts'

/** By which several authorities over a store are reached, as behind a balancer. */
export const acmeUrl = 'https://acme.example.com'
export const acmeAt = (path: string) => `${acmeUrl}/acme/wallet/${path}`

export type Account = { key: KeyObject; kid: string }
/** What a client signs anew each time that it says it: each message has a nonce of its own (RFC 8555 §6.5). */
export type Words = { to: string; payload?: object; key: KeyObject; kid?: string }
/** An order whose challenge is to be met, and the words that answer it. */
export type Order = {
  account: Account
  place: string
  finalize: string
  /** That will be certified. */
  key: KeyObject
  answering: Words
}

/** A client of ACME that can say the same to several authorities. */
export function acmeWords(deployment: AcmeDeployment) {
  /** What servers that are to be certified answer, in turn. */
  const expected: string[] = []
  const here = () => deployment.authority.addresses.device

  async function say(origin: string, { to, payload, key, kid }: Words): Promise<AcmeAnswer> {
    const call = (address: string, body?: object) =>
      acmeCall(origin + address.slice(acmeUrl.length), {
        ca: deployment.caPem,
        ...(body === undefined ? { method: 'HEAD' } : { body }),
      })
    const nonce = (await call(acmeAt('new-nonce'))).headers['replay-nonce']
    const name = kid === undefined ? { jwk: publicJwk(key) } : { kid }
    return call(to, signJws(key, { alg: 'ES256', nonce, url: to, ...name }, payload))
  }

  async function ask(words: Words): Promise<AcmeAnswer> {
    const answer = await say(here(), words)
    assert.ok(answer.status < 300, answer.text)
    return answer
  }

  async function accountWords(key = newAcmeKey()): Promise<Words> {
    const to = acmeAt('new-account')
    const binding = bindAccount(publicJwk(key), await deployment.newCredential(), to)
    return { to, key, payload: { externalAccountBinding: binding } }
  }

  async function open(): Promise<Account> {
    const words = await accountWords()
    return { key: words.key, kid: String((await ask(words)).headers['location']) }
  }

  function keyChange(account: Account, next: KeyObject): Words {
    const to = acmeAt('key-change')
    const inner = { account: account.kid, oldKey: publicJwk(account.key) }
    const payload = signJws(next, { alg: 'ES256', jwk: publicJwk(next), url: to }, inner)
    return { to, payload, ...account }
  }

  /** Of whom all orders are that nothing else is said of. */
  let shared: Promise<Account> | undefined

  async function begin(type: string, value: string, by?: Account) {
    const account = by ?? (await (shared ??= open()))
    const payload = { identifiers: [{ type, value }] }
    const order = await ask({ to: acmeAt('new-order'), payload, ...account })
    const { body } = await ask({ to: String(order.body.authorizations[0]), ...account })
    const [challenge] = body.challenges as { url: string; token: string }[]
    assert.ok(challenge !== undefined)
    const thumbprint = createHash('sha256')
      .update(JSON.stringify(publicJwk(account.key)))
      .digest('base64url')
    const begun = {
      account,
      place: String(order.headers['location']),
      finalize: String(order.body.finalize),
      key: newAcmeKey(),
    }
    return { begun, challenge, thumbprint }
  }

  let phones = 0
  async function phoneOrder(by?: Account): Promise<Order> {
    const serialNumber = `PH0NE${String((phones += 1)).padStart(7, '0')}`
    const { begun, challenge, thumbprint } = await begin('permanent-identifier', serialNumber, by)
    const { account, key } = begun
    const phone = { root: phoneRoot, platform: 'ios', phone: { serialNumber } } as const
    const attested = attestationObject(phone, { token: challenge.token, thumbprint, key })
    const payload = { attObj: attested.toString('base64url') }
    return { ...begun, answering: { to: challenge.url, payload, ...account } }
  }

  async function serverOrder(): Promise<Order> {
    const { begun, challenge, thumbprint } = await begin('dns', 'plain.example.internal')
    expected.splice(0, expected.length, `${challenge.token}.${thumbprint}`)
    return { ...begun, answering: { to: challenge.url, payload: {}, ...begun.account } }
  }

  /** An order whose challenge was met, and the words that finish it. */
  async function ready(make: () => Promise<Order> = () => phoneOrder()) {
    const order = await make()
    await ask(order.answering)
    const { account, finalize: to, key } = order
    const pair = { privateKey: key, publicKey: createPublicKey(key) }
    const payload = { csr: createSigningRequest(pair).toString('base64url') }
    return { ...order, finishing: { to, payload, ...account } satisfies Words }
  }

  async function approveAll(): Promise<void> {
    const { body } = await deployment.admin('/admin/v1/approvals')
    for (const { id } of body.approvals) {
      await deployment.admin(`/admin/v1/approvals/${id}/approve`, { body: {} })
    }
  }

  /** Finished, as far as its client can do that. */
  async function finished(make: () => Promise<Order> = () => phoneOrder()) {
    const order = await ready(make)
    await ask(order.finishing)
    await approveAll()
    return order
  }

  return {
    expected,
    here,
    say,
    ask,
    accountWords,
    open,
    keyChange,
    phoneOrder,
    serverOrder,
    ready,
    approveAll,
    finished,
  }
}
