import { configuredClient } from '../admin/configured-client.ts'
import { pageOf, printList } from '../admin/print-list.ts'
import type { Operation } from '../command.ts'
import { argument, textOption } from '../input.ts'
import { lifetimeOf, onlyApp } from './tokens.ts'

export const createCredential: Operation = async (input, output) => {
  const client = configuredClient(input)
  const made = await client.call('createAcmeCredential', {
    body: {
      appId: textOption(input, 'app') ?? onlyApp(input, 'credential'),
      label: textOption(input, 'label') ?? '',
      ...lifetimeOf(input),
    },
  })
  const { credential, key } = made
  output.result(made, `${credential.id} ${key}`)
  output.say(
    `Its id and its key, for accounts of app ${credential.appId}, until ${credential.expiresAt}. Told once: give both to the client`,
  )
  return 0
}

export const listCredentials: Operation = async (input, output) => {
  const client = configuredClient(input)
  await printList(input, output, {
    read: async (limit, cursor: string | undefined) => {
      const page = await client.call('listAcmeCredentials', { query: { cursor, limit } })
      return pageOf(page.credentials, page)
    },
    shown: (credential) => credential,
    empty: 'There is no ACME credential',
  })
  return 0
}

export const revokeCredential: Operation = async (input, output) => {
  const id = argument(input, 0)
  const body = { reason: textOption(input, 'reason') }
  const client = configuredClient(input)
  const revoked = await client.call('revokeAcmeCredential', { path: { id }, body })
  output.result(revoked, `${id} is revoked, and ${revoked.accounts} accounts with it`)
  return 0
}

export const listCertificates: Operation = async (input, output) => {
  const client = configuredClient(input)
  await printList(input, output, {
    read: async (limit, cursor: string | undefined) => {
      const page = await client.call('listServiceCertificates', { query: { cursor, limit } })
      return pageOf(page.serviceCertificates, page)
    },
    shown: ({ names, ...row }) => ({ ...row, names: names.join(' ') }),
    empty: 'ACME has issued no certificate of a server',
  })
  return 0
}

export const revokeCertificate: Operation = async (input, output) => {
  const id = argument(input, 0)
  const body = { reason: textOption(input, 'reason') }
  const client = configuredClient(input)
  const revoked = await client.call('revokeServiceCertificate', { path: { id }, body })
  output.result(revoked, `The certificate of ${revoked.names.join(', ')} is revoked`)
  return 0
}
