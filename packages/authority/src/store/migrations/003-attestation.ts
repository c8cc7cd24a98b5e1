import type { Kysely } from 'kysely'
import type { Tables } from '../tables.ts'

/** What attestation adds: appraisals, the serial numbers and App Attest keys behind devices, and whose they are. */
export async function up({ schema }: Kysely<Tables>): Promise<void> {
  const facts = ['model', 'os_version', 'user_provider', 'user_subject', 'phone_id']
  for (const column of [...facts, 'enrolled_from', 'enrolled_network', 'batch', 'appraisal_id']) {
    await schema.alterTable('devices').addColumn(column, 'text').execute()
  }
  for (const column of ['user_provider', 'user_subject']) {
    await schema.alterTable('approvals').addColumn(column, 'text').execute()
  }
  await schema
    .alterTable('devices')
    .addColumn('proven_facts', 'text', (column) => column.notNull().defaultTo('[]'))
    .execute()
  await deviceIndexes({ schema })
  await schema
    .createTable('appraisals')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('at', 'bigint', (column) => column.notNull())
    .addColumn('app_id', 'text', (column) => column.notNull())
    .addColumn('device_id', 'text')
    .addColumn('retention', 'text', (column) => column.notNull())
    .addColumn('purpose', 'text', (column) => column.notNull())
    .addColumn('format', 'text', (column) => column.notNull())
    .addColumn('mode', 'text', (column) => column.notNull())
    .addColumn('outcome', 'text', (column) => column.notNull())
    .addColumn('assurance', 'text', (column) => column.notNull())
    .addColumn('platform', 'text', (column) => column.notNull())
    .addColumn('model', 'text')
    .addColumn('os_version', 'text')
    .addColumn('os_patch_level', 'text')
    .addColumn('app_version', 'text', (column) => column.notNull())
    .addColumn('failed', 'text', (column) => column.notNull())
    .addColumn('results', 'text', (column) => column.notNull())
    .addColumn('evidence', 'text')
    .addColumn('address', 'text', (column) => column.notNull())
    .addColumn('request_id', 'text', (column) => column.notNull())
    .execute()
  await appraisalIndexes({ schema })
  await schema
    .createTable('attestation_serials')
    .addColumn('serial', 'text', (column) => column.notNull())
    .addColumn('device_id', 'text', (column) => column.notNull().references('devices.id'))
    .addColumn('handled_at', 'bigint')
    .addPrimaryKeyConstraint('attestation_serials_key', ['serial', 'device_id'])
    .execute()
  await schema
    .createIndex('attestation_serials_by_device')
    .on('attestation_serials')
    .column('device_id')
    .execute()
  // By serial number to those that are not handled yet, past the many that are.
  await schema
    .createIndex('attestation_serials_to_handle')
    .on('attestation_serials')
    .columns(['serial', 'handled_at'])
    .execute()
  await schema
    .createTable('app_attest_keys')
    .addColumn('device_id', 'text', (column) => column.primaryKey().references('devices.id'))
    .addColumn('key_id', 'text', (column) => column.notNull())
    .addColumn('spki', 'blob', (column) => column.notNull())
    .addColumn('counter', 'bigint', (column) => column.notNull())
    .addColumn('environment', 'text', (column) => column.notNull())
    .addColumn('apple_app_id', 'text', (column) => column.notNull())
    .addColumn('receipt', 'blob')
    .addColumn('receipt_not_before', 'bigint')
    .addColumn('receipt_expires_at', 'bigint')
    .addColumn('risk_metric', 'integer')
    .addColumn('updated_at', 'bigint', (column) => column.notNull())
    .execute()
  await schema
    .createIndex('app_attest_keys_by_key')
    .on('app_attest_keys')
    .column('key_id')
    .execute()
  await schema
    .createTable('status_list')
    .addColumn('serial', 'text', (column) => column.primaryKey())
    .addColumn('status', 'text', (column) => column.notNull())
    .addColumn('reason', 'text')
    .addColumn('first_seen_at', 'bigint', (column) => column.notNull())
    .execute()
}

/** What enrolment counts by: who, from where, and attested by which batch. */
async function deviceIndexes({ schema }: Pick<Kysely<Tables>, 'schema'>): Promise<void> {
  const counted = {
    devices_by_user: ['user_subject', 'user_provider', 'app_id', 'enrolled_at'],
    devices_by_network: ['enrolled_network', 'app_id', 'enrolled_at'],
    devices_by_batch: ['batch', 'app_id', 'enrolled_at'],
  }
  for (const [name, columns] of Object.entries(counted)) {
    await schema.createIndex(name).on('devices').columns(columns).execute()
  }
  await schema
    .createIndex('approvals_by_user')
    .on('approvals')
    .columns(['user_subject', 'user_provider', 'app_id', 'requested_at'])
    .execute()
}

async function appraisalIndexes({ schema }: Pick<Kysely<Tables>, 'schema'>): Promise<void> {
  // The report reads this index alone, never the wide rows.
  const reported = [
    'outcome',
    'purpose',
    'platform',
    'model',
    'os_version',
    'app_version',
    'failed',
  ] as const
  const indexed = {
    appraisals_for_report: ['app_id', 'at', ...reported],
    appraisals_by_device: ['device_id', 'at'],
    appraisals_by_request: ['request_id'],
    appraisals_by_retention: ['retention', 'at'],
  }
  for (const [name, columns] of Object.entries(indexed)) {
    await schema.createIndex(name).on('appraisals').columns(columns).execute()
  }
}
