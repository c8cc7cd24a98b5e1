import { gatewayPaths } from '@sallyport/wire'
import { decodePackedStatus, type PackedStatus } from '@sallyport/wire/status'
import { refuseEarlier } from '../feed/feed-faults.ts'
import { FeedUnverified } from '../feed/feed-jws.ts'
import { receiveSnapshot, snapshotHeaders } from '../feed/receive-snapshot.ts'
import type { AuthorityClient } from './authority-client.ts'
import { parseIssuer, parseSnapshotSeal } from './feed-messages.ts'

/** However slowly a snapshot comes. */
const snapshotMs = 120_000

/**
 * Everything that the authority says of status, under its seal.
 *
 * @param known up to where the feed is known: nothing earlier is taken
 * @param verified what a JWS of the feed says; throws where it is not signed with a key of the feed
 * @throws FeedUnverified, FeedWentBack, and what the connection throws
 */
export async function fetchSnapshot(
  client: AuthorityClient,
  known: Parameters<typeof refuseEarlier>[1],
  verified: (jws: string) => unknown,
): Promise<PackedStatus> {
  const path = `${gatewayPaths.snapshot}?least=${known?.seq ?? 0}`
  const { accept, encoding } = snapshotHeaders
  const answer = await client.stream(path, accept, encoding)
  const late = setTimeout(
    () => answer.destroy(new Error('the snapshot did not come in time')),
    snapshotMs,
  )
  try {
    const { seal, bytes } = await receiveSnapshot(answer, (jws) => parseSnapshotSeal(verified(jws)))
    const status = decodePackedStatus(bytes, parseIssuer)
    if (seal.epoch !== status.epoch || seal.seq !== status.seq) {
      throw new FeedUnverified('a snapshot that is not the one of its seal')
    }
    refuseEarlier(status, known)
    return status
  } finally {
    clearTimeout(late)
  }
}
