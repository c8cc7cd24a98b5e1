import { createPrivateKey, type KeyObject } from 'node:crypto'
import { SignJWT } from 'jose'
import { createFileValue, type FileSurroundings } from '../file-value.ts'
import type { ClientAuthenticationName, IntrospectionRules } from './introspection-rules.ts'

export type ClientAuthenticationContext = FileSurroundings & {
  readonly issuer: string
  readonly rules: IntrospectionRules
}

/** Adds to the form what proves who asks, or returns it as the header Authorization. */
export type AuthenticateClient = (form: URLSearchParams) => Promise<string | undefined>

/** @throws Problem `identity_provider_unavailable`, when called, where a file cannot be read */
export function clientAuthentication(context: ClientAuthenticationContext): AuthenticateClient {
  return methods[context.rules.authentication](context)
}

const methods: Readonly<
  Record<ClientAuthenticationName, (context: ClientAuthenticationContext) => AuthenticateClient>
> = {
  client_secret_basic(context) {
    const secret = secretOf(context)
    const { clientId } = context.rules.credentials
    return async () => {
      const pair = `${formEncoded(clientId)}:${formEncoded(await secret.value())}`
      return `Basic ${Buffer.from(pair).toString('base64')}`
    }
  },
  client_secret_post(context) {
    const secret = secretOf(context)
    return async (form) => {
      form.set('client_id', context.rules.credentials.clientId)
      form.set('client_secret', await secret.value())
      return undefined
    }
  },
  private_key_jwt(context) {
    const key = privateKeyOf(context)
    return async (form) => {
      form.set('client_id', context.rules.credentials.clientId)
      form.set('client_assertion_type', 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer')
      form.set('client_assertion', await clientAssertion(await key.value(), context))
      return undefined
    }
  },
  /** The connection itself proves it (RFC 8705 §2): the client is only named. */
  tls_client_auth:
    ({ rules }) =>
    (form) => {
      form.set('client_id', rules.credentials.clientId)
      return Promise.resolve(undefined)
    },
}

/** RFC 7523 §3. Its audience is the issuer, which no other server takes for its own. */
async function clientAssertion(
  key: KeyObject,
  { issuer, rules: { credentials }, now }: ClientAuthenticationContext,
): Promise<string> {
  const { clientId, keyId, algorithm = algorithmOf(key) } = credentials
  const seconds = Math.floor(now() / 1_000)
  return new SignJWT({ jti: crypto.randomUUID() })
    .setProtectedHeader({ alg: algorithm, ...(keyId === undefined ? {} : { kid: keyId }) })
    .setIssuer(clientId)
    .setSubject(clientId)
    .setAudience(issuer)
    .setIssuedAt(seconds)
    .setExpirationTime(seconds + 60)
    .sign(key)
}

const algorithmsOfCurves: Readonly<Record<string, string>> = {
  prime256v1: 'ES256',
  secp384r1: 'ES384',
  secp521r1: 'ES512',
}

function algorithmOf({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): string {
  if (asymmetricKeyType === 'ed25519') return 'EdDSA'
  return algorithmsOfCurves[asymmetricKeyDetails?.namedCurve ?? ''] ?? 'PS256'
}

function secretOf(context: ClientAuthenticationContext) {
  const { clientSecretFile: file = '' } = context.rules.credentials
  const read = async () => {
    const secret = Buffer.from(await context.readFile(file))
      .toString('utf8')
      .trimEnd()
    if (secret === '') throw new Error('it is empty')
    return secret
  }
  return createFileValue(`a secret in ${file}`, read, context)
}

function privateKeyOf(context: ClientAuthenticationContext) {
  const { privateKeyFile: file = '' } = context.rules.credentials
  const read = async () => createPrivateKey(Buffer.from(await context.readFile(file)))
  return createFileValue(`a private key in ${file}`, read, context)
}

/** Both are encoded as forms are before they are put together (RFC 6749 §2.3.1). */
function formEncoded(text: string): string {
  return new URLSearchParams({ '': text }).toString().slice(1)
}
