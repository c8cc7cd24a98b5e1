import type { Kysely } from 'kysely'
import type { Tables } from '../tables.ts'

/** Lists of operators are read page by page, in the order that they are told in, and nothing beside the page. */
export async function up({ schema }: Kysely<Tables>): Promise<void> {
  // Without the chain and the number SQLite looked for a subject by walking through the whole log.
  await schema.dropIndex('audit_by_subject').execute()
  for (const [name, table, columns] of [
    ['admin_tokens_by_creation', 'admin_tokens', ['created_at', 'id']],
    ['enrollment_tokens_by_creation', 'enrollment_tokens', ['created_at', 'id']],
    ['approvals_by_request', 'approvals', ['status', 'requested_at', 'id']],
    ['proposals_by_time', 'proposals', ['proposed_at', 'id']],
    ['acme_credentials_by_creation', 'acme_credentials', ['created_at', 'id']],
    ['mdm_credentials_by_creation', 'mdm_credentials', ['created_at', 'id']],
    ['service_certificates_by_issuance', 'service_certificates', ['issued_at', 'thumbprint']],
    ['unconfirmed_status_by_key', 'unconfirmed_status', ['decision', 'key']],
    ['devices_by_status_in_order', 'devices', ['status', 'id']],
    ['devices_by_app', 'devices', ['app_id', 'status', 'id']],
    ['certificates_by_app', 'certificates', ['app_id', 'status', 'not_after', 'thumbprint']],
    ['certificates_by_issuer', 'certificates', ['issuer_id', 'status', 'not_after', 'thumbprint']],
    ['invalidations_by_kind', 'invalidations', ['kind', 'seq']],
    ['audit_by_subject', 'audit', ['subject', 'chain', 'seq']],
    // How far one gateway is, without what all others reported.
    ['receipts_by_gateway', 'receipts', ['gateway', 'seq']],
  ] as const) {
    await schema
      .createIndex(name)
      .on(table)
      .columns([...columns])
      .execute()
  }
}
