import { readConfig, resolvePath } from '@sallyport/config'
import { isProblem, Problem } from '@sallyport/problem'
import Type from 'typebox'
import type { Input } from '../command.ts'
import { type AdminConfig, adminSection } from '../configuration/admin-section.ts'
import { locateConfig } from '../configuration/locate.ts'
import { readNamedFile } from '../configuration/named-file.ts'
import { modes, writeFileAtomically } from '../files/write-file.ts'
import { keptSession } from '../login/kept-sessions.ts'
import { type AdminClient, type AdminClientOptions, createAdminClient } from './admin-client.ts'
import { operatorName } from './operator-name.ts'

/** Only what a client needs: a device can be revoked while another section of the file is broken. */
const ClientSchema = Type.Object({ admin: Type.Optional(adminSection.schema) })

/** Where the admin API is, and what commands show it. */
export type AdminAccess = Pick<AdminClientOptions, 'url' | 'ca'> & {
  /** Of SALLYPORT_ADMIN_TOKEN, else of who signed in, else of admin.tokenFile, which is read when it is asked for. */
  readonly token: string | undefined
  /** Where the token lies; undefined where it is of the environment, or there is none. */
  tokenFile: string | undefined
}

/** @throws Problem `config_invalid`, `config_unreadable` */
export function adminAccess(input: Input): AdminAccess {
  const file = readConfig<{ admin?: AdminConfig }>(locateConfig(input), ClientSchema)
  const { admin } = file.value
  if (admin === undefined) {
    throw new Problem('config_invalid', {
      detail: `${file.path}: this command asks the authority, and the file does not say where`,
      expected: 'admin: { url, caFile, tokenFile }',
    })
  }
  const given = process.env['SALLYPORT_ADMIN_TOKEN'] ?? ''
  const pathOf = (named: string) => resolvePath(file.directory, named)
  const ca =
    admin.caFile === undefined ? undefined : readNamedFile(pathOf(admin.caFile), 'admin.caFile')
  const access = { url: admin.url, ...(ca === undefined ? {} : { ca }) }
  if (given !== '') return { ...access, token: given, tokenFile: undefined }
  const session = keptSession(admin.url)
  if (session !== undefined) return { ...access, token: session.token, tokenFile: undefined }
  const tokenFile = admin.tokenFile === undefined ? undefined : pathOf(admin.tokenFile)
  return {
    ...access,
    tokenFile,
    get token() {
      return tokenFile === undefined
        ? undefined
        : readNamedFile(tokenFile, 'admin.tokenFile').trim()
    },
  }
}

/**
 * The admin client that the configuration file of a command describes.
 *
 * @throws Problem `config_invalid`, `config_unreadable`
 */
export function configuredClient(input: Input): AdminClient {
  const access = adminAccess(input)
  return withFirstToken(access, clientWith(access, access.token))
}

export function clientWith({ url, ca }: AdminAccess, token: string | undefined): AdminClient {
  return createAdminClient({
    url,
    ...(ca === undefined ? {} : { ca }),
    ...(token === undefined ? {} : { token }),
  })
}

/**
 * The first token that `init` wrote makes one token and no more: the first command that comes with it
 * makes that one, and writes it where the first one was.
 */
function withFirstToken(access: AdminAccess, client: AdminClient): AdminClient {
  const { tokenFile } = access
  if (tokenFile === undefined) return client
  let current = client
  const call: AdminClient['call'] = async (name, ...given) => {
    try {
      // The one that it makes is for the file: what a command asks for beside would leave nobody an admin.
      if (name === 'createAdminToken') await current.call('whoami')
      return await current.call(name, ...given)
    } catch (error) {
      if (!isProblem(error) || error.code !== 'admin_token_first') throw error
      current = clientWith(access, await lastingToken(client, tokenFile))
      return current.call(name, ...given)
    }
  }
  return { url: client.url, call, clockOffsetMs: () => current.clockOffsetMs() }
}

async function lastingToken(client: AdminClient, tokenFile: string): Promise<string> {
  const body = { label: operatorName(), role: 'admin' as const }
  const { token } = await client.call('createAdminToken', { body })
  writeFileAtomically(tokenFile, `${token}\n`, modes.secret)
  return token
}
