import type { Kysely } from 'kysely'
import type { Tables } from '../tables.ts'

/** The tables as of version 0.1, in the dialect-free words of Kysely. */
export async function up(store: Kysely<Tables>): Promise<void> {
  const { schema } = store
  await schema
    .createTable('settings')
    .addColumn('name', 'text', (column) => column.primaryKey())
    .addColumn('value', 'text', (column) => column.notNull())
    .execute()
  await schema
    .createTable('heads')
    .addColumn('name', 'text', (column) => column.primaryKey())
    .addColumn('seq', 'integer', (column) => column.notNull())
    .addColumn('hash', 'text', (column) => column.notNull())
    .execute()
  await store
    .insertInto('heads')
    .values([
      { name: 'feed', seq: 0, hash: '' },
      { name: 'audit', seq: 0, hash: '' },
    ])
    .execute()
  await schema
    .createTable('roots')
    .addColumn('kind', 'text', (column) => column.primaryKey())
    .addColumn('key_name', 'text', (column) => column.notNull())
    .addColumn('certificate', 'blob', (column) => column.notNull())
    .execute()
  await schema
    .createTable('issuers')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('app_id', 'text', (column) => column.notNull())
    .addColumn('trust_domain', 'text', (column) => column.notNull())
    .addColumn('key_name', 'text', (column) => column.notNull().unique())
    .addColumn('certificate', 'blob', (column) => column.notNull())
    .addColumn('not_before', 'bigint', (column) => column.notNull())
    .addColumn('not_after', 'bigint', (column) => column.notNull())
    .addColumn('status', 'text', (column) => column.notNull())
    .execute()
  await devices(store)
  await enrollment(store)
  await gateways(store)
  await records(store)
}

async function devices({ schema }: Kysely<Tables>): Promise<void> {
  await schema
    .createTable('devices')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('app_id', 'text', (column) => column.notNull())
    .addColumn('trust_domain', 'text', (column) => column.notNull())
    .addColumn('status', 'text', (column) => column.notNull())
    .addColumn('status_reason', 'text')
    .addColumn('status_changed_at', 'bigint', (column) => column.notNull())
    .addColumn('development', 'integer', (column) => column.notNull())
    .addColumn('assurance', 'text', (column) => column.notNull())
    .addColumn('platform', 'text', (column) => column.notNull())
    .addColumn('app_version', 'text', (column) => column.notNull())
    .addColumn('os_patch_level', 'text')
    .addColumn('evidence_format', 'text')
    .addColumn('appraised_at', 'bigint', (column) => column.notNull())
    .addColumn('enrolled_at', 'bigint', (column) => column.notNull())
    .addColumn('expires_at', 'bigint', (column) => column.notNull())
    .addColumn('shadow', 'text')
    .execute()
  await schema
    .createIndex('devices_by_status')
    .on('devices')
    .columns(['status', 'expires_at'])
    .execute()
  await schema
    .createTable('certificates')
    .addColumn('thumbprint', 'text', (column) => column.primaryKey())
    .addColumn('serial', 'text', (column) => column.notNull().unique())
    .addColumn('device_id', 'text', (column) => column.notNull().references('devices.id'))
    .addColumn('app_id', 'text', (column) => column.notNull())
    .addColumn('issuer_id', 'text', (column) => column.notNull().references('issuers.id'))
    .addColumn('status', 'text', (column) => column.notNull())
    .addColumn('der', 'blob', (column) => column.notNull())
    .addColumn('spki_sha256', 'text', (column) => column.notNull())
    .addColumn('predecessor', 'text')
    .addColumn('successor', 'text')
    .addColumn('not_before', 'bigint', (column) => column.notNull())
    .addColumn('not_after', 'bigint', (column) => column.notNull())
    .addColumn('issued_at', 'bigint', (column) => column.notNull())
    .addColumn('used_at', 'bigint')
    .addColumn('supersede_at', 'bigint')
    .execute()
  for (const [name, columns] of [
    ['certificates_by_device', ['device_id', 'issued_at']],
    ['certificates_by_key', ['spki_sha256']],
    ['certificates_by_status', ['status', 'not_after']],
    ['certificates_to_supersede', ['supersede_at']],
  ] as const) {
    await schema
      .createIndex(name)
      .on('certificates')
      .columns([...columns])
      .execute()
  }
}

async function enrollment({ schema }: Kysely<Tables>): Promise<void> {
  await schema
    .createTable('challenges_used')
    .addColumn('challenge', 'text', (column) => column.primaryKey())
    .addColumn('spki_sha256', 'text', (column) => column.notNull())
    .addColumn('used_at', 'bigint', (column) => column.notNull())
    .addColumn('keep_until', 'bigint', (column) => column.notNull())
    .addColumn('thumbprint', 'text')
    .addColumn('approval_id', 'text')
    .execute()
  await schema
    .createIndex('challenges_used_by_age')
    .on('challenges_used')
    .column('keep_until')
    .execute()
  await schema
    .createTable('enrollment_tokens')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('app_id', 'text', (column) => column.notNull())
    .addColumn('hash', 'text', (column) => column.notNull())
    .addColumn('label', 'text', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('created_by', 'text', (column) => column.notNull())
    .addColumn('expires_at', 'bigint', (column) => column.notNull())
    .addColumn('used_at', 'bigint')
    .addColumn('used_for', 'text')
    .addColumn('revoked_at', 'bigint')
    .execute()
  await schema
    .createTable('approvals')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('app_id', 'text', (column) => column.notNull())
    .addColumn('status', 'text', (column) => column.notNull())
    .addColumn('spki_sha256', 'text', (column) => column.notNull())
    .addColumn('admission', 'text', (column) => column.notNull())
    .addColumn('address', 'text', (column) => column.notNull())
    .addColumn('requested_at', 'bigint', (column) => column.notNull())
    .addColumn('expires_at', 'bigint', (column) => column.notNull())
    .addColumn('decided_at', 'bigint')
    .addColumn('decided_by', 'text')
    .addColumn('reason', 'text')
    .addColumn('device_id', 'text')
    .execute()
  await schema
    .createIndex('approvals_by_status')
    .on('approvals')
    .columns(['status', 'app_id', 'expires_at'])
    .execute()
}

async function gateways({ schema }: Kysely<Tables>): Promise<void> {
  await schema
    .createTable('changes')
    .addColumn('seq', 'bigint', (column) => column.primaryKey())
    .addColumn('at', 'bigint', (column) => column.notNull())
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('key', 'text', (column) => column.notNull())
    .addColumn('status', 'text', (column) => column.notNull())
    .addColumn('until', 'bigint')
    .addColumn('issuer', 'text')
    .execute()
  await schema
    .createTable('gateways')
    .addColumn('name', 'text', (column) => column.primaryKey())
    .addColumn('status', 'text', (column) => column.notNull())
    .addColumn('first_seen_at', 'bigint', (column) => column.notNull())
    .addColumn('last_seen_at', 'bigint')
    .addColumn('instance', 'text')
    .addColumn('version', 'text')
    .addColumn('epoch', 'text')
    .addColumn('seq', 'bigint', (column) => column.notNull())
    .addColumn('dropped', 'bigint', (column) => column.notNull())
    .execute()
  await schema
    .createTable('receipts')
    .addColumn('seq', 'bigint', (column) => column.notNull())
    .addColumn('gateway', 'text', (column) => column.notNull())
    .addColumn('applied_after_ms', 'integer', (column) => column.notNull())
    .addColumn('http1', 'integer', (column) => column.notNull())
    .addColumn('http2', 'integer', (column) => column.notNull())
    .addColumn('web_socket', 'integer', (column) => column.notNull())
    .addColumn('reported_at', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('receipts_key', ['seq', 'gateway'])
    .execute()
}

async function records({ schema }: Kysely<Tables>): Promise<void> {
  await schema
    .createTable('decisions')
    .addColumn('request_id', 'text', (column) => column.primaryKey())
    .addColumn('support_code', 'text', (column) => column.notNull())
    .addColumn('at', 'bigint', (column) => column.notNull())
    .addColumn('source', 'text', (column) => column.notNull())
    .addColumn('address', 'text', (column) => column.notNull())
    .addColumn('code', 'text')
    .addColumn('device_id', 'text')
    .addColumn('body', 'text', (column) => column.notNull())
    .execute()
  await schema
    .createTable('handshakes')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('at', 'bigint', (column) => column.notNull())
    .addColumn('source', 'text', (column) => column.notNull())
    .addColumn('address', 'text', (column) => column.notNull())
    .addColumn('code', 'text', (column) => column.notNull())
    .addColumn('body', 'text', (column) => column.notNull())
    .execute()
  for (const [name, table, columns] of [
    ['decisions_by_support_code', 'decisions', ['support_code', 'at']],
    ['decisions_by_age', 'decisions', ['at']],
    ['decisions_by_device', 'decisions', ['device_id', 'at']],
    ['handshakes_by_address', 'handshakes', ['address', 'at']],
    ['handshakes_by_age', 'handshakes', ['at']],
  ] as const) {
    await schema
      .createIndex(name)
      .on(table)
      .columns([...columns])
      .execute()
  }
  await schema
    .createTable('audit')
    .addColumn('seq', 'bigint', (column) => column.primaryKey())
    .addColumn('at', 'bigint', (column) => column.notNull())
    .addColumn('actor', 'text', (column) => column.notNull())
    .addColumn('action', 'text', (column) => column.notNull())
    .addColumn('subject', 'text', (column) => column.notNull())
    .addColumn('detail', 'text', (column) => column.notNull())
    .addColumn('previous', 'text', (column) => column.notNull())
    .addColumn('hash', 'text', (column) => column.notNull())
    .execute()
  await schema
    .createTable('admin_tokens')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('hash', 'text', (column) => column.notNull())
    .addColumn('label', 'text', (column) => column.notNull())
    .addColumn('role', 'text', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('created_by', 'text', (column) => column.notNull())
    .addColumn('expires_at', 'bigint', (column) => column.notNull())
    .addColumn('revoked_at', 'bigint')
    .execute()
}
