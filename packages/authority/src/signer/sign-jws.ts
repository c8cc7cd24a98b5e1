import { joseSignature } from '@sallyport/pki'
import { toBase64url } from '@sallyport/wire'
import { publicTokenKey } from './public-jwk.ts'
import { isJwsKeyOf, jwsKeyName, type JwsPurpose } from './key-names.ts'
import type { SignerContext } from './local-signer.ts'
import type { Signer, SignerInput } from './signer.ts'
import type { SignerBounds } from './signer-bounds.ts'
import { type Bound, refuseBeyond, signerRefusal } from './signer-refusal.ts'

/** What stands in the header, so that nothing that is signed for one purpose passes for another. */
const types: Readonly<Record<JwsPurpose, string>> = {
  token: 'at+jwt',
  feed: 'sallyport-feed+jws',
  checkpoint: 'sallyport-checkpoint+jws',
}

/** The public half of a key for JWS: P-256, made where it is not there. */
export async function openJwsKey(
  { keys }: SignerContext,
  { purpose, generation }: SignerInput<'jwsKey'>,
): ReturnType<Signer['jwsKey']> {
  const keyName = jwsKeyName(purpose, generation)
  const { spki } = await keys.openOrCreate(keyName, 'ec-p256')
  return { keyName, spki: toBase64url(spki) }
}

/** Whether a key is there, and which. */
export async function readPublicKey(
  { keys }: SignerContext,
  { keyName }: SignerInput<'publicKey'>,
): ReturnType<Signer['publicKey']> {
  return { spki: toBase64url((await keys.open(keyName)).spki) }
}

type AskedToken = {
  readonly claims: Readonly<Record<string, unknown>>
  readonly bounds: SignerBounds
  readonly nowSeconds: number
}

/** Seconds that clocks may differ by. */
const maxSkewSeconds = 60

const tokenBounds: readonly Bound<AskedToken>[] = [
  {
    holds: ({ claims, bounds }) => bounds.tokens.some(({ issuer }) => issuer === claims['iss']),
    expected: ({ bounds }) => bounds.tokens.map(({ issuer }) => issuer).join(', ') || 'no token',
    found: ({ claims }) => String(claims['iss']),
  },
  {
    holds: ({ claims, bounds, nowSeconds }) => {
      const minutes = bounds.tokens
        .filter(({ issuer }) => issuer === claims['iss'])
        .map(({ lifetimeMinutes }) => lifetimeMinutes)
      const latest = nowSeconds + Math.max(0, ...minutes) * 60 + maxSkewSeconds
      return typeof claims['exp'] === 'number' && claims['exp'] <= latest
    },
    expected: () => 'a token that ends as the configuration says',
    found: ({ claims }) => `exp ${String(claims['exp'])}`,
  },
  {
    holds: ({ claims: { cnf } }) => typeof cnf === 'object' && cnf !== null && 'x5t#S256' in cnf,
    expected: () => 'a token that is bound to a certificate',
    found: ({ claims }) => JSON.stringify(claims['cnf'] ?? null),
  },
]

/** An access token in compact form. */
export async function signToken(
  context: SignerContext,
  { keyName, claims }: SignerInput<'token'>,
): ReturnType<Signer['token']> {
  const nowSeconds = Math.floor(context.now() / 1_000)
  refuseBeyond(tokenBounds, { claims, bounds: context.bounds(), nowSeconds })
  return { jws: await sign(context, 'token', keyName, JSON.stringify(claims)) }
}

/** A message of the feed. Its content is the authority's to say; no other message looks like it. */
export async function signFeed(
  context: SignerContext,
  { keyName, payload }: SignerInput<'feed'>,
): ReturnType<Signer['feed']> {
  if (!payload.startsWith('{')) throw signerRefusal('the text of a JSON object', payload)
  return { jws: await sign(context, 'feed', keyName, payload) }
}

/** The ends of all audit chains, at a time that is now. */
export async function signCheckpoint(
  context: SignerContext,
  { keyName, at, heads }: SignerInput<'checkpoint'>,
): ReturnType<Signer['checkpoint']> {
  if (Math.abs(at - context.now()) > maxSkewSeconds * 1_000) {
    throw signerRefusal('a checkpoint of now', new Date(at).toISOString())
  }
  return { jws: await sign(context, 'checkpoint', keyName, JSON.stringify({ at, heads })) }
}

async function sign(
  { keys }: SignerContext,
  purpose: JwsPurpose,
  keyName: string,
  payload: string,
): Promise<string> {
  if (!isJwsKeyOf(purpose, keyName)) throw signerRefusal(`a key for ${purpose}`, keyName)
  const key = await keys.open(keyName)
  const { kid } = publicTokenKey(key)
  const header = JSON.stringify({ alg: 'ES256', typ: types[purpose], kid })
  const input = `${toBase64url(Buffer.from(header))}.${toBase64url(Buffer.from(payload))}`
  const signature = joseSignature(await key.sign(Buffer.from(input)), key.keyKind)
  return `${input}.${toBase64url(signature)}`
}
