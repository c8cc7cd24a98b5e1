import type { HeldBlock } from '@sallyport/wire'
import type { Kysely } from 'kysely'
import type { Tables } from '../store/tables.ts'

/** A temporary block, at the gateway that holds it. */
export type GatewayBlock = HeldBlock & { gateway: string }

/** The temporary blocks that hold, as gateways reported them last: a few seconds ago, where one is alive. */
export async function heldBlocks(store: Kysely<Tables>, now: number): Promise<GatewayBlock[]> {
  const rows = await store
    .selectFrom('gateways')
    .select(['name', 'blocks'])
    .where('status', '=', 'active')
    .where('blocks', 'is not', null)
    .orderBy('name')
    .execute()
  return rows.flatMap(({ name, blocks }) =>
    // Written by us, of a report that fitted its schema.
    (JSON.parse(blocks ?? '[]') as HeldBlock[])
      .filter(({ until }) => until > now)
      .map((block) => ({ gateway: name, ...block })),
  )
}
