import { createHash, generateKeyPairSync, sign } from 'node:crypto'
import { type FeedKey, type FeedMessage, feedJwsType } from '@sallyport/wire'

/** Whoever holds a key of the feed. */
export type FeedSigner = {
  readonly jwk: FeedKey
  readonly sign: (message: FeedMessage) => string
}

export function feedSigner(): FeedSigner {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const { x = '', y = '' } = publicKey.export({ format: 'jwk' })
  const thumbprint = createHash('sha256').update(JSON.stringify({ crv: 'P-256', kty: 'EC', x, y }))
  const kid = thumbprint.digest('base64url')
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  return {
    jwk: { kty: 'EC', crv: 'P-256', x, y, kid, alg: 'ES256', use: 'sig' },
    sign: (message) => {
      const input = `${encode({ alg: 'ES256', typ: feedJwsType, kid })}.${encode(message)}`
      const key = { key: privateKey, dsaEncoding: 'ieee-p1363' } as const
      return `${input}.${sign('sha256', Buffer.from(input), key).toString('base64url')}`
    },
  }
}
