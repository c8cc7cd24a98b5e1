import { createHash } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { resolvePath } from '@sallyport/config'
import { configProblem } from '@sallyport/problem'
import Type from 'typebox'

/** Where the keys of the CAs are, and what opens them. Paths are relative to the file. */
export type KeysConfig = {
  directory: string
  passphraseFile?: string
  pkcs11?: Pkcs11Config
  vault?: VaultConfig
}

export type Pkcs11Config = { module: string; token: string; pinFile: string }

export type VaultConfig = {
  address: string
  mount: string
  tokenFile: string
  namespace?: string
  caFile?: string
}

const closed = { additionalProperties: false }
const file = (description: string) => Type.String({ minLength: 1, maxLength: 4_096, description })

const Pkcs11Schema = Type.Object(
  {
    module: file('The shared library of the token, such as /usr/lib/softhsm/libsofthsm2.so'),
    token: Type.String({ minLength: 1, maxLength: 32, description: 'The label of the token' }),
    pinFile: file('Its PIN, in the first line, mode 0600'),
  },
  {
    ...closed,
    description:
      'New keys are made in a token of PKCS#11, and never leave it. Needs the package pkcs11js. Keys that lie in the directory are used as before',
  },
)

const VaultSchema = Type.Object(
  {
    address: Type.String({
      pattern: '^https?://[^\\s/?#@]+$',
      maxLength: 300,
      description:
        'Vault, such as https://vault.example.com:8200. Plain HTTP for an agent on this machine alone',
    }),
    mount: Type.Optional(
      Type.String({
        pattern: '^[0-9A-Za-z_-]+(?:/[0-9A-Za-z_-]+)*$',
        maxLength: 200,
        default: 'transit',
        description: 'Where its secrets engine Transit is mounted',
      }),
    ),
    tokenFile: file(
      'The token, in the first line, mode 0600. Renewed while it lives, and read anew',
    ),
    namespace: Type.Optional(
      Type.String({ minLength: 1, maxLength: 200, description: 'Its namespace' }),
    ),
    caFile: Type.Optional(file('PEM of the CA of its server, where the system does not know it')),
  },
  {
    ...closed,
    description:
      'New keys are made in Transit of HashiCorp Vault, or of OpenBao, and never leave it. Keys that lie in the directory are used as before',
  },
)

export const KeysSchema = Type.Object(
  {
    directory: file('Where the encrypted keys of the CAs lie'),
    passphraseFile: Type.Optional(
      file('Opens them; else SALLYPORT_PASSPHRASE does, or a question on the terminal'),
    ),
    pkcs11: Type.Optional(Pkcs11Schema),
    vault: Type.Optional(VaultSchema),
  },
  { ...closed, description: 'The keys of the CAs' },
)

/** The process that signs. */
export type SignerConfig = {
  socket?: string
  secretFile?: string
  certificatesPerHour?: number
  journal?: { directory?: string; keepDays?: number }
}

export const SignerSchema = Type.Optional(
  Type.Object(
    {
      socket: Type.Optional(
        file(
          'Where the signer listens, in a directory of mode 0700 (default: signer.sock beside the keys)',
        ),
      ),
      secretFile: Type.Optional(
        file(
          'A secret of signer and authority, in the first line, mode 0600: whoever does not have it signs nothing. For those that are started apart; `sallyport serve` gives both one of its own',
        ),
      ),
      certificatesPerHour: Type.Optional(
        Type.Integer({
          minimum: 1,
          maximum: 100_000_000,
          description:
            'The most certificates of devices, servers and gateways that it signs in an hour, whatever the authority asks (default: no bound)',
        }),
      ),
      journal: Type.Optional(
        Type.Object(
          {
            directory: Type.Optional(
              file(
                'Where it writes down what it signed, of mode 0700 and its own (default: signed, within the directory of the keys)',
              ),
            ),
            keepDays: Type.Optional(
              Type.Integer({
                minimum: 1,
                maximum: 3_650,
                description:
                  'How long a file of it is kept after the last certificate in it has ended (default: 30)',
              }),
            ),
          },
          { ...closed, description: 'What the signer writes down of everything that it signs' },
        ),
      ),
    },
    { ...closed, default: {}, description: 'The process that holds the keys and signs' },
  ),
)

const loopback = /^http:\/\/(?:127\.0\.0\.1|\[::1\]|localhost)(?::\d+)?$/

/** @throws Problem `config_invalid` where keys would be made in two places, or a token sent in the clear */
export function checkKeysConfig({ pkcs11, vault }: KeysConfig): void {
  const path = ['authority', 'keys']
  if (pkcs11 !== undefined && vault !== undefined) {
    throw configProblem('config_invalid', [...path, 'vault'], 'new keys are made in one place', {
      expected: 'pkcs11 or vault',
      found: 'both',
    })
  }
  if (vault === undefined || vault.address.startsWith('https:') || loopback.test(vault.address))
    return
  throw configProblem(
    'config_invalid',
    [...path, 'vault', 'address'],
    'its token would be sent in the clear',
    {
      expected: 'https, or an address of this machine',
      found: vault.address,
    },
  )
}

/** `sun_path` holds 108 bytes with its end on Linux, and 104 elsewhere (unix(7)). */
export const maxSocketPathBytes = 103

/**
 * The absolute path of the socket: beside the keys, unless that is longer than a socket can be; then in a
 * folder of this user for temporary files, under a name that is made of it.
 */
export function signerSocketOf(
  directory: string,
  { keys, signer }: { keys: KeysConfig; signer: SignerConfig },
): string {
  if (signer.socket !== undefined) return resolvePath(directory, signer.socket)
  const beside = join(resolvePath(directory, keys.directory), 'signer.sock')
  if (Buffer.byteLength(beside) <= maxSocketPathBytes) return beside
  const name = createHash('sha256').update(beside).digest('hex').slice(0, 16)
  return join(tmpdir(), `sallyport-${process.getuid?.() ?? 0}`, `${name}.sock`)
}
