import type { AuthorityConfig, Role, Verb } from '@sallyport/authority'
import { readConfig } from '@sallyport/config'
import { Problem } from '@sallyport/problem'
import Type from 'typebox'
import type { Input } from '../command.ts'
import { locateConfig } from '../configuration/locate.ts'
import { operatorName } from './operator-name.ts'

export type HostOrder = {
  label: string
  role: Role
  lifetimeSeconds?: number
  apps?: readonly string[]
  verbs?: readonly Verb[]
  networks?: readonly string[]
}

/**
 * Makes an admin token over the store of the configuration file, on the authority's own host.
 *
 * @throws Problem `config_invalid`, `config_unreadable`, `store_unavailable`
 */
export async function makeTokenOnHost(
  input: Input,
  order: HostOrder,
): Promise<{ id: string; expiresAt: number; token: string }> {
  const { authoritySections, createTokenOnHost, storeLocation } = await import(
    '@sallyport/authority'
  )
  const members = authoritySections
    .filter(({ key }) => key === 'store' || key === 'apps')
    .map(({ key, schema }) => [key, Type.Optional(schema)] as const)
  const schema = Type.Object(Object.fromEntries(members))
  const file = readConfig<Partial<AuthorityConfig>>(locateConfig(input), schema)
  const { store, apps = {} } = file.value
  if (store === undefined) {
    throw new Problem('config_invalid', {
      detail: `${file.path} names no store: --offline is for the host of an authority`,
      expected: 'store: as the authority reads it',
    })
  }
  const unknown = order.apps?.find((app) => !Object.hasOwn(apps, app))
  if (unknown !== undefined) {
    throw new Problem('command_usage', {
      detail: 'There is no such app',
      expected: Object.keys(apps).join(', '),
      found: unknown,
    })
  }
  const location = storeLocation(store, { directory: file.directory })
  return createTokenOnHost({ ...order, store: location, by: operatorName(), now: Date.now() })
}
