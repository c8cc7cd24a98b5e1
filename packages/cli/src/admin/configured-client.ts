import { readConfig, resolvePath } from '@sallyport/config'
import { Problem } from '@sallyport/problem'
import Type from 'typebox'
import type { Input } from '../command.ts'
import { type AdminConfig, adminSection } from '../configuration/admin-section.ts'
import { locateConfig } from '../configuration/locate.ts'
import { readNamedFile } from '../configuration/named-file.ts'
import { type AdminClient, createAdminClient } from './admin-client.ts'

/** Only what a client needs: a device can be revoked while another section of the file is broken. */
const ClientSchema = Type.Object({ admin: Type.Optional(adminSection.schema) })

/**
 * The admin client that the configuration file of a command describes. The token is that of
 * SALLYPORT_ADMIN_TOKEN, else of admin.tokenFile.
 *
 * @throws Problem `config_invalid`, `config_unreadable`
 */
export function configuredClient(input: Input): AdminClient {
  const file = readConfig<{ admin?: AdminConfig }>(locateConfig(input), ClientSchema)
  const { admin } = file.value
  if (admin === undefined) {
    throw new Problem('config_invalid', {
      detail: `${file.path}: this command asks the authority, and the file does not say where`,
      expected: 'admin: { url, caFile, tokenFile }',
    })
  }
  const token = process.env['SALLYPORT_ADMIN_TOKEN'] ?? ''
  const read = (name: 'caFile' | 'tokenFile'): string | undefined => {
    const named = admin[name]
    return named === undefined
      ? undefined
      : readNamedFile(resolvePath(file.directory, named), `admin.${name}`)
  }
  const ca = read('caFile')
  const bearer = token === '' ? read('tokenFile')?.trim() : token
  return createAdminClient({
    url: admin.url,
    ...(ca === undefined ? {} : { ca }),
    ...(bearer === undefined ? {} : { token: bearer }),
  })
}
