// A pure table: what backups of the store, and copies of it, are refused with.
import type { Reason } from './reason.ts'

export const storeReasons = {
  store_not_empty: {
    area: 'setup',
    status: 0,
    title: 'The store holds a deployment already',
    fix: 'Nothing is written over. Name another file, or another schema; or move the old one away first, and keep it until the new one has proven itself.',
    retryable: false,
  },
  backup_invalid: {
    area: 'setup',
    status: 0,
    title: 'The backup cannot be restored',
    fix: 'It is cut short, was changed, or is none of this deployment: nothing was restored. Take another one.',
    retryable: false,
  },
  audit_file_invalid: {
    area: 'setup',
    status: 0,
    title: 'The file does not go on with the audit log of the backup',
    fix: 'Nothing was restored. Lines come as `audit export` writes them, of this deployment, in their order and with none missing: `audit check FILE` says whether they hold among themselves.',
    retryable: false,
  },
} as const satisfies Record<string, Reason>
