import type { Authority } from '../authority.ts'
import { writeSetting } from '../store/setting.ts'

/**
 * Whether the authority can do its work: the store can be read, and the last write held. Where it did
 * not, a small write is tried, so that an idle authority finds out when the disk has room again.
 */
export async function isReady({ store, log, now }: Authority): Promise<boolean> {
  try {
    await store.read.selectFrom('heads').select('seq').execute()
    if (!store.isWritable()) await probe(store, now())
    return true
  } catch (error) {
    log.warn({ err: error }, 'not ready')
    return false
  }
}

async function probe(store: Authority['store'], now: number): Promise<void> {
  await store.write((tx) => writeSetting(tx, 'probed_at', String(now)))
}
