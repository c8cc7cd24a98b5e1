import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose'
import { isProblem } from '@sallyport/problem'
import { createTokenVerifier, type IdentityProvider } from '@sallyport/token'
import { parse } from 'yaml'
import { compileGrants } from '../src/access/grants.ts'

const page = readFileSync(
  new URL('../../../../docs/guide/provider-recipes.md', import.meta.url),
  'utf8',
)
const recipes: Record<string, IdentityProvider> = Object.assign(
  {},
  ...[...page.matchAll(/^```yaml\n(.*?)^```/gms)].map(
    ([, yaml = '']) => (parse(yaml) as { identityProviders?: object }).identityProviders ?? {},
  ),
)

const directory = mkdtempSync(path.join(tmpdir(), 'sallyport-recipes-'))
after(() => rmSync(directory, { recursive: true }))
const jwksFile = path.join(directory, 'keys.json')
const { privateKey, publicKey } = await generateKeyPair('RS256', { extractable: true })
const now = Date.UTC(2026, 10, 22)
const nowSeconds = now / 1_000
const times = { iat: nowSeconds, exp: nowSeconds + 300 }
const api = 'https://api.example.com'

type Sample = {
  readonly typ: string | undefined
  readonly claims: JWTPayload
  readonly subject: string
  readonly client: string
  readonly scopes: readonly string[]
  readonly session?: string
  readonly roles?: readonly string[]
  readonly permissions?: readonly string[]
  /** What its ID token has in place of that. */
  readonly idToken: { readonly typ: string | undefined; readonly claims: JWTPayload }
}

/** Access tokens as each provider documents them. */
const samples: Readonly<Record<string, Sample>> = {
  keycloak: {
    typ: 'at+jwt',
    claims: {
      jti: 'onrtac:1',
      typ: 'Bearer',
      aud: [api, 'account'],
      sub: 'f:1:alice',
      azp: 'wallet',
      sid: 's-1',
      acr: '1',
      scope: 'openid accounts',
      realm_access: { roles: ['teller'] },
      resource_access: { account: { roles: ['view-profile'] } },
    },
    subject: 'f:1:alice',
    client: 'wallet',
    scopes: ['openid', 'accounts'],
    session: 's-1',
    roles: ['teller'],
    idToken: { typ: 'JWT', claims: { aud: 'wallet', typ: 'ID' } },
  },
  auth0: {
    typ: 'at+jwt',
    claims: {
      aud: [api, 'https://example.eu.auth0.com/userinfo'],
      sub: 'auth0|123456',
      client_id: 'my_client_id',
      jti: '73WakrfVbNJBaAmhQtEeDv',
      scope: 'openid accounts',
      permissions: ['accounts.read'],
      [`${api}/sid`]: 's-2',
    },
    subject: 'auth0|123456',
    client: 'my_client_id',
    scopes: ['openid', 'accounts'],
    session: 's-2',
    permissions: ['accounts.read'],
    idToken: { typ: 'JWT', claims: { aud: 'my_client_id' } },
  },
  entra: {
    typ: 'JWT',
    claims: {
      aud: '66666666-7777-8888-9999-000000000000',
      sub: 'pairwise',
      oid: '0000-user',
      tid: '11111111-2222-3333-4444-555555555555',
      azp: 'app-client-id',
      scp: 'accounts payments',
      roles: ['Teller'],
      uti: 'u',
      ver: '2.0',
      nbf: nowSeconds,
    },
    subject: '0000-user',
    client: 'app-client-id',
    scopes: ['accounts', 'payments'],
    roles: ['Teller'],
    idToken: { typ: 'JWT', claims: { aud: 'app-client-id' } },
  },
  okta: {
    typ: undefined,
    claims: {
      ver: 1,
      jti: 'AT.1',
      aud: 'api://default',
      cid: '0oa1',
      uid: '00u1',
      sub: 'alice@example.com',
      scp: ['openid', 'accounts'],
      auth_time: nowSeconds,
      teams: ['tellers'],
    },
    subject: '00u1',
    client: '0oa1',
    scopes: ['openid', 'accounts'],
    roles: ['tellers'],
    idToken: { typ: undefined, claims: { aud: '0oa1', sub: '00u1' } },
  },
  cognito: {
    typ: undefined,
    claims: {
      sub: 'aaaaaaaa-bbbb',
      aud: api,
      client_id: 'c1',
      token_use: 'access',
      scope: 'openid',
      'cognito:groups': ['tellers'],
      origin_jti: 'o',
      event_id: 'e',
      jti: 'j',
      username: 'alice',
    },
    subject: 'aaaaaaaa-bbbb',
    client: 'c1',
    scopes: ['openid'],
    roles: ['tellers'],
    idToken: { typ: undefined, claims: { aud: 'c1', token_use: 'id' } },
  },
}

function sign(issuer: string, typ: string | undefined, claims: JWTPayload): Promise<string> {
  return new SignJWT({ iss: issuer, ...times, ...claims })
    .setProtectedHeader({ alg: 'RS256', kid: 'k1', ...(typ === undefined ? {} : { typ }) })
    .sign(privateKey)
}

describe('the recipes for identity providers', () => {
  before(async () => {
    const jwk = { ...(await exportJWK(publicKey)), kid: 'k1' }
    writeFileSync(jwksFile, JSON.stringify({ keys: [jwk] }))
  })

  test('are there for each whose tokens are tried', () => {
    assert.deepEqual(Object.keys(recipes).toSorted(), Object.keys(samples).toSorted())
  })

  for (const [name, recipe] of Object.entries(recipes)) {
    const sample = samples[name] as Sample
    const verifier = createTokenVerifier({
      providers: { [name]: { ...recipe, jwksFile } },
      now: () => now,
    })

    test(`take the access token of ${name}, and find user, app, scopes and roles in it`, async () => {
      const user = await verifier.verify(await sign(recipe.issuer, sample.typ, sample.claims))
      assert.equal(user.subject, sample.subject)
      assert.equal(user.clientId, sample.client)
      assert.deepEqual(user.scopes, sample.scopes)
      assert.equal(user.session, sample.session)
      const { roles, permissions } = compileGrants({}, { [name]: recipe })(user)
      assert.deepEqual([...(roles ?? [])], sample.roles ?? [])
      assert.deepEqual([...(permissions ?? [])], sample.permissions ?? [])
    })

    test(`refuse the ID token of ${name}`, async () => {
      const { typ, claims } = sample.idToken
      const token = await sign(recipe.issuer, typ, { ...sample.claims, ...claims })
      await assert.rejects(
        verifier.verify(token),
        (error) => isProblem(error) && /^token_(?:type|audience)_wrong$/.test(error.code),
      )
    })
  }
})
