import { isIPv4 } from 'node:net'
import { configProblem } from '@sallyport/problem'
import Type from 'typebox'

/** A database of PostgreSQL. Paths are relative to the configuration file. */
export type PostgresConfig = {
  host: string
  port: number
  database: string
  user: string
  passwordFile?: string
  schema: string
  maxConnections: number
  tls?: { caFile: string; certificateFile?: string; keyFile?: string }
  insecurePlaintext: boolean
}

/** Exactly one of them. */
export type StoreConfig = { path?: string; postgres?: PostgresConfig }

const closed = { additionalProperties: false }
const file = (description: string) => Type.String({ minLength: 1, maxLength: 4_096, description })
const Name = (description: string) => Type.String({ minLength: 1, maxLength: 63, description })

const PostgresSchema = Type.Object(
  {
    host: Type.String({
      minLength: 1,
      maxLength: 253,
      description:
        'Name or address of the server; or the directory of its unix socket, as /run/postgresql',
    }),
    port: Type.Integer({ minimum: 1, maximum: 65_535, default: 5_432, description: 'Its port' }),
    database: Name('The database, in encoding UTF8'),
    user: Name('Who connects. It owns the schema, or may make it'),
    passwordFile: Type.Optional(
      file('Holds the password, for its owner alone; else SALLYPORT_POSTGRES_PASSWORD does'),
    ),
    schema: Type.String({
      pattern: '^[a-z_][a-z0-9_]{0,62}$',
      default: 'sallyport',
      description: 'Holds the tables and nothing else',
    }),
    maxConnections: Type.Integer({
      minimum: 1,
      maximum: 1_000,
      default: 10,
      description: 'Most connections of an authority that read. Two more write and listen',
    }),
    tls: Type.Optional(
      Type.Object(
        {
          caFile: file('PEM: the roots that the certificate of the server must end at'),
          certificateFile: Type.Optional(file('PEM: the certificate that the authority shows')),
          keyFile: Type.Optional(file('PEM: its private key')),
        },
        { ...closed, description: 'How the connection is encrypted, and who is believed' },
      ),
    ),
    insecurePlaintext: Type.Boolean({
      default: false,
      description:
        'Connects over a network without TLS: who listens reads every row, and who alters it decides which devices count',
    }),
  },
  { ...closed, description: 'A database of PostgreSQL: for several authorities over one store' },
)

export const StoreSchema = Type.Object(
  {
    path: Type.Optional(file('The SQLite database: for one authority, or several on one machine')),
    postgres: Type.Optional(PostgresSchema),
  },
  { ...closed, description: 'Where the authority keeps all of its state: a file, or a database' },
)

/** @throws Problem `config_invalid` */
export function checkStoreConfig(store: StoreConfig): void {
  const given = [store.path, store.postgres].filter((value) => value !== undefined).length
  if (given !== 1) {
    throw configProblem('config_invalid', ['store'], 'the store must be one thing', {
      expected: 'path, or postgres',
      found: given === 0 ? 'neither' : 'both',
    })
  }
  if (store.postgres !== undefined) checkPostgres(store.postgres)
}

function checkPostgres({ host, tls, insecurePlaintext }: PostgresConfig): void {
  const path = ['store', 'postgres']
  if (tls === undefined && !insecurePlaintext && !isOnThisMachine(host)) {
    throw configProblem('config_invalid', path, 'the connection would not be encrypted', {
      expected: 'tls: { caFile }, a unix socket, or an address of this machine',
      found: host,
    })
  }
  if (tls !== undefined && insecurePlaintext) {
    const expected = 'tls, or insecurePlaintext: true'
    throw configProblem('config_invalid', path, 'it is both encrypted and not', {
      expected,
      found: 'both',
    })
  }
  if (tls !== undefined && host.startsWith('/')) {
    throw configProblem('config_invalid', [...path, 'tls'], 'a unix socket has no TLS', {
      expected: 'no tls',
      found: host,
    })
  }
  const isPair = (tls?.certificateFile === undefined) === (tls?.keyFile === undefined)
  if (!isPair) {
    throw configProblem('config_invalid', [...path, 'tls'], 'one of the two is missing', {
      expected: 'certificateFile and keyFile, or neither',
      found: 'one of them',
    })
  }
}

function isOnThisMachine(host: string): boolean {
  const isLoopback = host === '::1' || (isIPv4(host) && host.startsWith('127.'))
  return host.startsWith('/') || host === 'localhost' || isLoopback
}
