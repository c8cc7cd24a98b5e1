import type { Kysely } from 'kysely'
import type { Tables } from '../tables.ts'

/** Certificates are listed in the order of their ends, whatever became of them. */
export async function up({ schema }: Kysely<Tables>): Promise<void> {
  await schema
    .createIndex('certificates_by_end')
    .on('certificates')
    .columns(['not_after', 'thumbprint'])
    .execute()
}
