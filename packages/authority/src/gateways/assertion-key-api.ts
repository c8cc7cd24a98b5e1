import type { Api } from '../api/api-server.ts'
import type { Authority } from '../authority.ts'
import { type Publication, sendPublication } from '../published/caching.ts'
import { publishedPaths } from '../published/published-addresses.ts'
import { type AssertionKeyDocument, AssertionKeyDocuments } from './assertion-key-document.ts'

/** A cache in between keeps a revocation back for no longer. */
const maxAgeSeconds = 5

const forms: readonly {
  readonly path: string
  readonly type: string
  readonly body: (document: AssertionKeyDocument) => string
}[] = [
  // RFC 7515 §9.2.1.
  { path: publishedPaths.assertionKeys, type: 'application/jose', body: ({ jws }) => jws },
  // RFC 7517 §8.5.1. As genuine as the network that it comes over.
  {
    path: publishedPaths.unsignedAssertionKeys,
    type: 'application/jwk-set+json',
    body: ({ keys }) => JSON.stringify({ keys }),
  },
]

/** Which gateways services may believe, for anybody: public keys and names of gateways. */
export function assertionKeyApi(api: Api, authority: Authority): void {
  const { lanes, now } = authority
  const documents = new AssertionKeyDocuments(authority)

  for (const { path, type, body } of forms) {
    api.route({
      method: ['GET', 'HEAD'],
      url: path,
      handler: async (request, reply) => {
        const document = await lanes.run('status', () => documents.get())
        const publication: Publication = {
          body: Buffer.from(body(document)),
          type,
          etag: document.etag,
          modifiedAt: document.issuedAt,
          expiresAt: document.expiresAt,
          maxAgeSeconds,
        }
        return sendPublication(request, reply, publication, now())
      },
    })
  }
}
