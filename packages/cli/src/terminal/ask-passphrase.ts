import { Problem } from '@sallyport/problem'

/** Asks for the passphrase of the CA keys. @throws Problem `key_passphrase_required` where the person gives none */
export async function askPassphrase(): Promise<string> {
  const { isCancel, password } = await import('@clack/prompts')
  const answer = await password({ message: 'Passphrase of the CA keys' })
  if (isCancel(answer)) throw new Problem('key_passphrase_required', { detail: 'None was given' })
  return answer
}
