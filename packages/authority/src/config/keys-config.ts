import { join } from 'node:path'
import { resolvePath } from '@sallyport/config'
import Type from 'typebox'

/** Where the keys of the CAs are, and what opens them. Paths are relative to the file. */
export type KeysConfig = { directory: string; passphraseFile?: string }

const closed = { additionalProperties: false }
const file = (description: string) => Type.String({ minLength: 1, maxLength: 4_096, description })

export const KeysSchema = Type.Object(
  {
    directory: file('Where the encrypted keys of the CAs lie'),
    passphraseFile: Type.Optional(
      file('Opens them; else SALLYPORT_PASSPHRASE does, or a question on the terminal'),
    ),
  },
  { ...closed, description: 'The keys of the CAs' },
)

/** The process that signs. */
export type SignerConfig = { socket?: string }

export const SignerSchema = Type.Optional(
  Type.Object(
    {
      socket: Type.Optional(
        file(
          'Where the signer listens, in a directory of mode 0700 (default: signer.sock beside the keys)',
        ),
      ),
    },
    { ...closed, default: {}, description: 'The process that holds the keys and signs' },
  ),
)

/** The absolute path of the socket. */
export function signerSocketOf(
  directory: string,
  { keys, signer }: { keys: KeysConfig; signer: SignerConfig },
): string {
  if (signer.socket !== undefined) return resolvePath(directory, signer.socket)
  return join(resolvePath(directory, keys.directory), 'signer.sock')
}
