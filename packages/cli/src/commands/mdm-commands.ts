// A pure table: the commands about MDM, with their help.
import { type Command, pageOptions } from '../command.ts'

const load = async () => await import('./mdm.ts')

export const mdmCommands: readonly Command[] = [
  {
    name: 'mdm credentials create',
    summary: 'Make the challenge that an MDM writes into the SCEP profile of its fleet',
    details:
      'For one app, and for so many devices an hour. Its text is told once: the store has a hash of it.',
    options: [
      { flags: '--app <id>', summary: 'the app that it is for (default: the only one)' },
      { flags: '--label <text>', summary: 'for which MDM' },
      {
        flags: '--max-per-hour <number>',
        summary: 'how many devices it enrols in an hour (default: maxPerHour of the protocol)',
      },
    ],
    examples: [
      {
        line: 'sallyport mdm credentials create --label Jamf --max-per-hour 200',
        does: 'paste it into the profile as the challenge',
      },
    ],
    load: async () => (await load()).createCredential,
  },
  {
    name: 'mdm credentials list',
    summary: 'List the credentials of MDMs',
    options: pageOptions,
    examples: [{ line: 'sallyport mdm credentials list', does: 'which there are' }],
    load: async () => (await load()).listCredentials,
  },
  {
    name: 'mdm credentials revoke',
    summary: 'Revoke the credential of an MDM: it enrols no more devices',
    details: 'The devices that it brought go on: end those with `devices revoke`.',
    arguments: [{ name: '<id>', summary: 'mdm_…, as `mdm credentials list` shows it' }],
    options: [{ flags: '--reason <text>', summary: 'why, for the audit log' }],
    examples: [
      {
        line: 'sallyport mdm credentials revoke mdm_aeaqcaibaeaqcaibaeaqcaibae --reason "leaked"',
        does: 'then make another',
      },
    ],
    load: async () => (await load()).revokeCredential,
  },
]
