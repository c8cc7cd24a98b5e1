import path from 'node:path'
import type { StoreConfig, StoreLocation } from '@sallyport/authority'
import { composeSchema, parseConfig } from '@sallyport/config'
import { Problem } from '@sallyport/problem'
import { stringify } from 'yaml'
import type { Input } from '../command.ts'
import { textOption } from '../input.ts'

/** A store that is no file beside the configuration. */
export type ChosenStore = {
  /** Of the section `store`, as YAML indented for its place. */
  readonly yaml: string
  readonly location: StoreLocation
  /** For a person. */
  readonly name: string
}

/** Parameters of the address, named as PostgreSQL names them, and the members that they become. */
const members: Readonly<Record<string, { in: 'postgres' | 'tls'; as: string; isFile?: true }>> = {
  host: { in: 'postgres', as: 'host' },
  user: { in: 'postgres', as: 'user' },
  schema: { in: 'postgres', as: 'schema' },
  sslrootcert: { in: 'tls', as: 'caFile', isFile: true },
  sslcert: { in: 'tls', as: 'certificateFile', isFile: true },
  sslkey: { in: 'tls', as: 'keyFile', isFile: true },
}

/**
 * The database of `--store` and `--store-password-file`, or undefined where the store is to be a file.
 *
 * @param directory where the configuration will be
 * @throws Problem `command_usage` where the address is none; those of a section `store` that is not acceptable
 */
export async function chosenStore(
  input: Input,
  directory: string,
): Promise<ChosenStore | undefined> {
  const address = textOption(input, 'store')
  const passwordFile = textOption(input, 'storePasswordFile')
  if (address === undefined && passwordFile === undefined) return undefined
  const fileName = (file: string) => relativeTo(directory, file)
  const postgres = {
    ...postgresOf(address ?? '', fileName),
    ...(passwordFile === undefined ? {} : { passwordFile: fileName(passwordFile) }),
  }
  const { authoritySections, checkStoreConfig, storeLocation } = await import(
    '@sallyport/authority'
  )
  const sections = authoritySections.filter(({ key }) => key === 'store')
  // What will be read is checked as it will be read, with its defaults.
  const text = stringify({ version: 1, store: { postgres } }, { lineWidth: 0 })
  const read = parseConfig<{ store: StoreConfig }>('--store', text, composeSchema(sections))
  const { store } = read.value
  checkStoreConfig(store)
  const { host, database, schema } = store.postgres ?? {}
  return {
    yaml: stringify({ postgres }, { lineWidth: 0 }).replaceAll(/^(?=.)/gm, '  '),
    location: storeLocation(store, { directory }),
    name: `schema ${schema} of database ${database} at ${host}`,
  }
}

/** As the configuration names it: beside it, or by its whole path. */
function relativeTo(directory: string, file: string): string {
  const absolute = path.resolve(file)
  const relative = path.relative(directory, absolute)
  return relative.startsWith('..') ? absolute : relative
}

function postgresOf(address: string, fileName: (file: string) => string) {
  const url = URL.canParse(address) ? new URL(address) : undefined
  if (url === undefined || !/^postgres(ql)?:$/.test(url.protocol) || url.hash !== '') {
    throw unacceptable(
      '--store is not the address of a database',
      'postgres://user@host:port/database',
    )
  }
  if (url.password !== '') {
    throw unacceptable(
      '--store holds a password, which whoever lists processes can read',
      '--store-password-file, or SALLYPORT_POSTGRES_PASSWORD in the environment',
    )
  }
  const postgres: Record<string, string | number | object> = {}
  const put = (name: string, value: string) => {
    if (value !== '') postgres[name] = value
  }
  put('host', decode(url.hostname.replace(/^\[(.*)\]$/, '$1')))
  if (url.port !== '') postgres['port'] = Number(url.port)
  put('database', decode(url.pathname.slice(1)))
  put('user', decode(url.username))
  const tls: Record<string, string> = {}
  for (const [name, value] of url.searchParams) {
    const member = Object.hasOwn(members, name) ? members[name] : undefined
    if (member === undefined) {
      throw unacceptable(
        `--store has a parameter that is not known: ${name}`,
        Object.keys(members).join(', '),
      )
    }
    const given = member.isFile === true ? fileName(value) : value
    if (member.in === 'tls') tls[member.as] = given
    else put(member.as, given)
  }
  return Object.keys(tls).length === 0 ? postgres : { ...postgres, tls }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw unacceptable('--store is not the address of a database', 'whole percent escapes')
  }
}

function unacceptable(detail: string, expected: string): Problem {
  return new Problem('command_usage', { detail, expected })
}
