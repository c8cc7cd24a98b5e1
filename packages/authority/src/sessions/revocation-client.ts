import { createHash, timingSafeEqual } from 'node:crypto'
import { statSync } from 'node:fs'
import type { IncomingHttpHeaders } from 'node:http'
import { resolvePath } from '@sallyport/config'
import { configProblem, Problem } from '@sallyport/problem'
import type { AuthorityConfig } from '../config/authority-config.ts'
import { readNamedFile } from '../config/named-file.ts'

/** Who may revoke tokens. */
export type RevocationClient = {
  readonly id: string
  /** SHA-256 of its secret. */
  readonly secretHash: Buffer
  /** Whose tokens; undefined: all. */
  readonly providers: readonly string[] | undefined
}
export type RevocationClients = ReadonlyMap<string, RevocationClient>

/** Of 32 random bytes in any encoding there are more. */
const minSecretCharacters = 32

/**
 * The clients of `authority.sessions.revocationClients`, with their secrets from their files.
 *
 * @throws Problem `config_unreadable`, `config_invalid`, `key_file_permissions`
 */
export function readRevocationClients(
  directory: string,
  { authority }: Pick<AuthorityConfig, 'authority'>,
): RevocationClients {
  const clients = Object.entries(authority.sessions.revocationClients)
  return new Map(
    clients.map(([id, { secretFile, providers }]) => {
      const path = ['authority', 'sessions', 'revocationClients', id, 'secretFile']
      const secret = readNamedFile(directory, secretFile, path).trim()
      refuseReadable(resolvePath(directory, secretFile), path)
      if (secret.length < minSecretCharacters) {
        throw configProblem('config_invalid', path, 'the secret could be guessed', {
          expected: `${minSecretCharacters} characters or more, as of: openssl rand -base64 32`,
          found: `${secret.length} characters`,
        })
      }
      return [id, { id, secretHash: sha256(secret), providers }]
    }),
  )
}

function refuseReadable(file: string, path: readonly string[]): void {
  const mode = statSync(file).mode & 0o777
  if ((mode & 0o077) === 0) return
  throw new Problem('key_file_permissions', {
    detail: file,
    expected: 'mode 0600',
    found: `mode 0${mode.toString(8)}`,
    pointer: `/${path.join('/')}`,
  })
}

/**
 * The client that calls, by its id and secret in the header Authorization: Basic or in the form
 * (RFC 6749 §2.3.1), never in both.
 *
 * @throws Problem `oauth_client_refused`
 */
export function authenticateClient(
  clients: RevocationClients,
  { authorization }: IncomingHttpHeaders,
  form: { client_id?: string; client_secret?: string },
): RevocationClient {
  const basic = authorization === undefined ? undefined : readBasic(authorization)
  const isTwice = authorization !== undefined && form.client_secret !== undefined
  const { id, secret } = basic ?? { id: form.client_id, secret: form.client_secret }
  const client = clients.get(id ?? '')
  const isSecret = timingSafeEqual(sha256(secret ?? ''), client?.secretHash ?? nobody)
  if (client !== undefined && isSecret && !isTwice) return client
  throw new Problem('oauth_client_refused', {
    expected: 'id and secret of a listed client, in Authorization: Basic or in the form',
    found: isTwice ? 'both' : client === undefined ? 'no listed client' : 'another secret',
  })
}

/** Compared with where there is no such client, so that it takes as long. */
const nobody = Buffer.alloc(32)

/** Both parts are encoded as in a form before they are joined (RFC 6749 §2.3.1). */
function readBasic(authorization: string): { id: string; secret: string } | undefined {
  const encoded = /^Basic +([A-Za-z0-9+/]{1,4000}={0,2})$/i.exec(authorization)?.[1]
  if (encoded === undefined) return { id: '', secret: '' }
  const text = Buffer.from(encoded, 'base64').toString('utf8')
  const colon = text.indexOf(':')
  if (colon === -1) return { id: '', secret: '' }
  try {
    return { id: decode(text.slice(0, colon)), secret: decode(text.slice(colon + 1)) }
  } catch {
    // A stray percent sign: no encoding of anything.
    return { id: '', secret: '' }
  }
}

function decode(text: string): string {
  return decodeURIComponent(text.replaceAll('+', ' '))
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
