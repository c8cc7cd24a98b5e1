// A pure table: the commands about ACME, with their help.
import { type Command, type Option, pageOptions } from '../command.ts'

const reason: Option = { flags: '--reason <text>', summary: 'why, for the audit log' }
const load = async () => await import('./acme.ts')

export const acmeCommands: readonly Command[] = [
  {
    name: 'acme credentials create',
    summary: 'Make a credential that ACME clients make their accounts with',
    details:
      'Prints its id and its key, the kid and the HMAC key of external account binding (RFC 8555 §7.3.4). The key is told once: nothing keeps it.',
    options: [
      { flags: '--app <id>', summary: 'the app that it is for (default: the only one)' },
      { flags: '--label <text>', summary: 'for whom' },
      { flags: '--expires <span>', summary: 'until when accounts are made (default: a day)' },
    ],
    examples: [
      {
        line: 'sallyport acme credentials create --label "the MDM" --expires 30d',
        does: 'give both parts to the client',
      },
    ],
    load: async () => (await load()).createCredential,
  },
  {
    name: 'acme credentials list',
    summary: 'List credentials, and how many accounts were made with each',
    options: pageOptions,
    examples: [{ line: 'sallyport acme credentials list', does: 'who was let in' }],
    load: async () => (await load()).listCredentials,
  },
  {
    name: 'acme credentials revoke',
    summary: 'Revoke a credential, and end the accounts that were made with it',
    details: 'Certificates that they ordered go on: end those with `devices revoke`.',
    arguments: [{ name: '<id>', summary: 'eab_…, as `acme credentials list` shows it' }],
    options: [reason],
    examples: [
      {
        line: 'sallyport acme credentials revoke eab_aeaqcaibaeaqcaibaeaqcaibae --reason "leaked"',
        does: 'its accounts order no more',
      },
    ],
    load: async () => (await load()).revokeCredential,
  },
  {
    name: 'acme certificates list',
    summary: 'List the certificates of servers that ACME issued, newest first',
    options: pageOptions,
    examples: [{ line: 'sallyport acme certificates list', does: 'which names, until when' }],
    load: async () => (await load()).listCertificates,
  },
  {
    name: 'acme certificates revoke',
    summary: 'Revoke the certificate of a server',
    details: 'The name of a reason of X.509, as keyCompromise, is published with it.',
    arguments: [{ name: '<thumbprint>', summary: 'as `acme certificates list` shows it' }],
    options: [reason],
    examples: [
      {
        line: 'sallyport acme certificates revoke gWjP8GQk2ZzYw0z5yY4m0v0p0x1m3q3n8QmGv0Yh1aE --reason keyCompromise',
        does: 'it is on the next revocation list',
      },
    ],
    load: async () => (await load()).revokeCertificate,
  },
]
