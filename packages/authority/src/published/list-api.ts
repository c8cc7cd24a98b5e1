import { Problem } from '@sallyport/problem'
import type { FastifyRequest } from 'fastify'
import type { Api } from '../api/api-server.ts'
import type { Authority } from '../authority.ts'
import { type Publication, sendPublication } from './caching.ts'
import { KeptLists } from './kept-lists.ts'
import { readListIssuers } from './list-issuers.ts'
import { fullList, type ListName } from './published-addresses.ts'

/** A change is on a list within seconds: whoever stands in between is to ask again soon. */
const listMaxAgeSeconds = 60
const issuerMaxAgeSeconds = 86_400

/** What follows `/crl/` and `/ca/`: see `publishedPaths`. */
const listForm = /^([A-Za-z0-9_-]{43})(?:\/(0|[1-9][0-9]{0,3}))?\.crl$/
const issuerForm = /^([A-Za-z0-9_-]{43})\.cer$/

/** Revocation lists and the certificates of CAs, for anybody. */
export function listApi(api: Api, authority: Authority): void {
  const lists = new KeptLists(authority.store.read)
  const serve = (url: string, find: (rest: string) => Promise<Publication | undefined>) =>
    api.route({
      method: ['GET', 'HEAD'],
      url: `${url}*`,
      handler: async (request, reply) => {
        const publication = await authority.lanes.run('status', () => find(wildcardOf(request)))
        if (publication !== undefined) {
          return sendPublication(request, reply, publication, authority.now())
        }
        throw new Problem('not_found', { detail: 'Nothing is published there' })
      },
    })

  serve('/crl/', async (rest) => {
    const name = listNameOf(rest)
    const list = name === undefined ? undefined : await lists.find(name)
    if (list === undefined) return undefined
    return {
      body: list.der,
      type: 'application/pkix-crl',
      etag: `"${list.number}"`,
      modifiedAt: list.this_update,
      expiresAt: list.next_update,
      maxAgeSeconds: listMaxAgeSeconds,
    }
  })

  serve('/ca/', async (rest) => {
    const [, id] = issuerForm.exec(rest) ?? []
    const issuers = id === undefined ? [] : await readListIssuers(authority.store.read)
    const certificate = issuers.find((issuer) => issuer.id === id)?.certificate
    if (certificate === undefined) return undefined
    return {
      body: certificate.der,
      type: 'application/pkix-cert',
      etag: `"${certificate.thumbprint}"`,
      modifiedAt: certificate.notBefore,
      expiresAt: certificate.notAfter,
      maxAgeSeconds: issuerMaxAgeSeconds,
    }
  })
}

function wildcardOf({ params }: FastifyRequest): string {
  return (params as { '*'?: string })['*'] ?? ''
}

function listNameOf(rest: string): ListName | undefined {
  const [, issuerId, shard] = listForm.exec(rest) ?? []
  if (issuerId === undefined) return undefined
  return { issuerId, shard: shard === undefined ? fullList : Number(shard) }
}
