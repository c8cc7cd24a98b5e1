// A process that reads the gateway's part of a configuration file: `node gateway-config-process.js <file>`.
import { type ConfigFile, readConfig } from '@sallyport/config'
import { gatewaySection, identityProvidersSection } from '@sallyport/gateway'
import { isProblem } from '@sallyport/problem'
import { roleSchema } from '../configuration/role-schema.ts'
import { trustDomainSection } from '../configuration/trust-domain.ts'
import type { GatewayConfigAnswer, GatewayValue } from './gateway-config.ts'

const [file = ''] = process.argv.slice(2)
process.stdout.write(JSON.stringify(answer()))

function answer(): GatewayConfigAnswer {
  try {
    const schema = roleSchema([trustDomainSection, gatewaySection], [identityProvidersSection])
    const config = readConfig<GatewayValue>(file, schema)
    const { trustDomain, gateway, identityProviders } = config.value
    const value = {
      trustDomain,
      gateway,
      ...(identityProviders === undefined ? {} : { identityProviders }),
    }
    return { value, path: config.path, directory: config.directory, places: places(config, value) }
  } catch (error) {
    if (!isProblem(error)) throw error
    const { code, detail, expected, found } = error
    return { problem: { code, detail, expected, found } }
  }
}

/** Where each member stands in the file, by its JSON pointer: `sallyport.yaml:12:3`. */
function places(config: ConfigFile<unknown>, value: unknown): Record<string, string> {
  return Object.fromEntries(
    pointers(value).map((pointer) => {
      // The place is what a problem there says before its own words.
      const detail = config.problem(pointer, '').detail ?? ''
      return [pointer, detail.slice(0, detail.lastIndexOf(':'))]
    }),
  )
}

function pointers(value: unknown, pointer = ''): string[] {
  if (typeof value !== 'object' || value === null) return [pointer]
  const members = Object.entries(value).flatMap(([key, member]) =>
    pointers(member, `${pointer}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`),
  )
  return [pointer, ...members]
}
