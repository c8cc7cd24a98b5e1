import { configuredClient } from '../admin/configured-client.ts'
import { pageOf, printList } from '../admin/print-list.ts'
import type { Operation } from '../command.ts'
import { argument, numberOption, textOption } from '../input.ts'
import { onlyApp } from './tokens.ts'

export const createCredential: Operation = async (input, output) => {
  const client = configuredClient(input)
  const maxPerHour = numberOption(input, 'maxPerHour', { least: 1, most: 1_000_000 })
  const made = await client.call('createMdmCredential', {
    body: {
      appId: textOption(input, 'app') ?? onlyApp(input, 'credential'),
      label: textOption(input, 'label') ?? '',
      ...(maxPerHour === undefined ? {} : { maxPerHour }),
    },
  })
  const { credential, challenge } = made
  output.result(made, challenge)
  output.say(
    `The challenge of the SCEP profile of app ${credential.appId}, for ${credential.maxPerHour} devices an hour. Told once: give it to the MDM`,
  )
  return 0
}

export const listCredentials: Operation = async (input, output) => {
  const client = configuredClient(input)
  await printList(input, output, {
    read: async (limit, cursor: string | undefined) => {
      const page = await client.call('listMdmCredentials', { query: { cursor, limit } })
      return pageOf(page.credentials, page)
    },
    shown: (credential) => credential,
    empty: 'There is no MDM credential',
  })
  return 0
}

export const revokeCredential: Operation = async (input, output) => {
  const id = argument(input, 0)
  const reason = textOption(input, 'reason')
  const client = configuredClient(input)
  const revoked = await client.call('revokeMdmCredential', { path: { id }, body: { reason } })
  output.result(revoked, `${id} is revoked; what it enrolled goes on`)
  return 0
}
