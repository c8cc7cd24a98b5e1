import { statSync } from 'node:fs'
import { resolvePath } from '@sallyport/config'
import { Problem } from '@sallyport/problem'
import type { StoreLocation } from '../store/store.ts'
import { readNamedFile } from './named-file.ts'
import type { PostgresConfig, StoreConfig } from './store-config.ts'

/** The variable that can hold the password of PostgreSQL. */
export const postgresPasswordVariable = 'SALLYPORT_POSTGRES_PASSWORD'

export type StoreFrom = {
  /** What paths are relative to. */
  directory: string
  environment?: Readonly<Record<string, string | undefined>> | undefined
}

/**
 * Where the store of a checked configuration is. Certificates are read now, the password at each connection.
 *
 * @throws Problem `config_unreadable`
 */
export function storeLocation(config: StoreConfig, from: StoreFrom): StoreLocation {
  if (config.postgres !== undefined) return { postgres: postgresLocation(config.postgres, from) }
  return { path: resolvePath(from.directory, config.path ?? '') }
}

function postgresLocation(config: PostgresConfig, from: StoreFrom) {
  const { host, port, database, user, schema, maxConnections, passwordFile, tls } = config
  const { directory, environment = process.env } = from
  const named = (file: string, member: string) =>
    readNamedFile(directory, file, ['store', 'postgres', 'tls', member])
  return {
    host,
    port,
    database,
    user,
    schema,
    maxConnections,
    password: async () => {
      const given = environment[postgresPasswordVariable] ?? ''
      if (given !== '' || passwordFile === undefined) return given
      return passwordOfFile(directory, passwordFile)
    },
    ...(tls === undefined
      ? {}
      : {
          tls: {
            ca: named(tls.caFile, 'caFile'),
            ...(tls.certificateFile === undefined || tls.keyFile === undefined
              ? {}
              : {
                  cert: named(tls.certificateFile, 'certificateFile'),
                  key: named(tls.keyFile, 'keyFile'),
                }),
          },
        }),
  }
}

/**
 * The password in the file of `store.postgres.passwordFile`: its first line.
 *
 * @throws Problem `config_unreadable`, `key_file_permissions`
 */
export function passwordOfFile(directory: string, file: string): string {
  const path = ['store', 'postgres', 'passwordFile']
  const [line = ''] = readNamedFile(directory, file, path).split('\n')
  const absolute = resolvePath(directory, file)
  const { mode } = statSync(absolute)
  if ((mode & 0o077) === 0) return line.trimEnd()
  throw new Problem('key_file_permissions', {
    detail: absolute,
    expected: 'mode 0600',
    found: `mode 0${(mode & 0o777).toString(8)}`,
    pointer: `/${path.join('/')}`,
  })
}
