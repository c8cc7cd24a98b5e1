// A pure table: the commands of `sallyport store`.
import type { Command } from '../command.ts'

const load = async () => import('../commands/store.ts')

export const storeCommands: readonly Command[] = [
  {
    name: 'store migrate',
    summary: 'Bring the tables of the store to this version',
    details:
      'An authority does the same when it starts. For when the user that it connects as may not change tables; then this is run by one that may. With --check nothing is done: it says what is missing, and whether authorities of the version before go on beside those of this one; exit code 1 where something is.',
    options: [{ flags: '--check', summary: 'say what is missing, and do nothing' }],
    examples: [
      {
        line: 'sallyport store migrate --check',
        does: 'with the new version, while the old one runs: can they run beside each other?',
      },
      { line: 'sallyport store migrate', does: 'before an upgrade reaches the authorities' },
    ],
    load: async () => (await load()).migrateStore,
  },
  {
    name: 'store backup',
    summary: 'Write everything the store holds to one file, while the authority goes on',
    details:
      'As of one point in time, of SQLite and of PostgreSQL in one form, compressed, with a checksum, for its owner alone. No key is in it: those lie in authority.keys.directory, and without them a restored store issues nothing. Names of users and addresses are in it.',
    arguments: [{ name: '<file>', summary: 'is there when it is whole, and not before' }],
    options: [{ flags: '--replace', summary: 'in the place of a file of that name' }],
    examples: [
      {
        line: 'sallyport store backup backup.gz --replace',
        does: 'every night, in the place of the one before',
      },
    ],
    load: async () => (await load()).backupStore,
  },
  {
    name: 'store restore',
    summary: 'Fill an empty store with a backup, and begin a new epoch of the feed',
    details:
      'Whole, or not at all; never over a store that holds a deployment. No authority runs meanwhile. What ended since the backup ends again as far as --audit tells of it; gateways keep what they know and go on refusing, and `sallyport feed unconfirmed` lists what of that the store does not know. Admin tokens, but for the one of this machine, enrolment tokens and MDM credentials of the backup end: nobody can tell which of them were ended or used since. Take --config with a configuration that names the empty store.',
    arguments: [{ name: '<file>', summary: 'as `sallyport store backup` wrote it' }],
    options: [
      {
        flags: '--audit <file>',
        summary:
          'the audit log of what happened since, as `audit export --checkpoints` wrote it: what it says had ended ends again. Of several authorities each has its own',
        repeatable: true,
      },
      {
        flags: '--keep-credentials',
        summary:
          'tokens and credentials count as in the backup, but for what --audit says had ended',
      },
      { flags: '--dry-run', summary: 'say what would be done, and leave the store empty' },
    ],
    examples: [
      {
        line: 'sallyport store restore backup.gz --config restored.yaml',
        does: 'then start the authority with it',
      },
    ],
    load: async () => (await import('../commands/store-restore.ts')).restoreStore,
  },
  {
    name: 'store follow',
    summary: 'End again, in a restored store, what an audit log says had ended since the backup',
    details:
      'For a log that was found after `store restore`, which does the same with --audit. All of it or nothing; done again, it finds nothing to do. No authority runs meanwhile. What somebody undid since the store was restored, such as a suspension, ends again: look with --dry-run first.',
    arguments: [
      { name: '<file...>', summary: 'as `audit export --checkpoints` wrote them, in their order' },
    ],
    options: [{ flags: '--dry-run', summary: 'say what would be done, and keep nothing' }],
    examples: [
      {
        line: 'sallyport audit export --checkpoints > audit.jsonl && sallyport store follow audit.jsonl --dry-run --config restored.yaml',
        does: 'what the log would end, in the store that was restored above',
      },
    ],
    load: async () => (await import('../commands/store-restore.ts')).followLog,
  },
  {
    name: 'store copy',
    summary: 'Copy the store to an empty one, of SQLite or PostgreSQL',
    details:
      'Everything goes on as it was: the feed, the audit chains, tokens. Stop the authority first, and start it with the other configuration afterwards: two authorities over two copies would each give out the same numbers.',
    arguments: [
      { name: '<config>', summary: 'a configuration file whose `store` names the empty one' },
    ],
    examples: [{ line: 'sallyport store copy postgres.yaml', does: 'from one machine to several' }],
    load: async () => (await load()).copyStore,
  },
]
