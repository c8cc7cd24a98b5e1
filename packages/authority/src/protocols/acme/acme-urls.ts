import type { FastifyRequest } from 'fastify'
import { Problem } from '@sallyport/problem'
import type { AcmeConfig } from './acme-config.ts'

/** The addresses of an app's ACME server, as its clients see them. */
export type AcmeUrls = ReturnType<typeof acmeUrls>

const hostForm = /^(?:[A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?$/

/** @throws Problem `acme_message_malformed` where a request names no host that an address can be made of */
export function urlsFor(request: FastifyRequest, appId: string, { url }: AcmeConfig): AcmeUrls {
  if (url !== undefined) return acmeUrls(url, appId)
  const { host } = request
  if (hostForm.test(host)) return acmeUrls(`https://${host}`, appId)
  throw new Problem('acme_message_malformed', { expected: 'a Host', found: 'none that is one' })
}

function acmeUrls(origin: string, appId: string) {
  const base = `${origin}/acme/${appId}`
  return {
    origin,
    directory: `${base}/directory`,
    newNonce: `${base}/new-nonce`,
    newAccount: `${base}/new-account`,
    newOrder: `${base}/new-order`,
    revokeCert: `${base}/revoke-cert`,
    keyChange: `${base}/key-change`,
    renewalInfo: `${base}/renewal-info`,
    account: (id: string) => `${base}/account/${id}`,
    orders: (accountId: string) => `${base}/account/${accountId}/orders`,
    order: (id: string) => `${base}/order/${id}`,
    finalize: (orderId: string) => `${base}/order/${orderId}/finalize`,
    authorization: (id: string) => `${base}/authorization/${id}`,
    challenge: (authorizationId: string) => `${base}/challenge/${authorizationId}`,
    certificate: (orderId: string) => `${base}/certificate/${orderId}`,
  }
}
