import type { Certificate } from '@sallyport/pki'
import type { Authority } from '../authority.ts'
import { readRoot } from '../issuers/roots.ts'

/**
 * The CAs that a client of a standard protocol is to believe: those of the lane, the one that issues now
 * first, then the root above them.
 *
 * @throws Problem `issuer_missing`
 */
export async function laneCas(
  { issuers, store }: Pick<Authority, 'issuers' | 'store'>,
  { appId, lane }: { appId: string; lane: string },
): Promise<{ issuing: Certificate; all: readonly Certificate[] }> {
  const { id, certificate: issuing } = issuers.issuing(appId, 'unattested', lane)
  const others = issuers.bundle.issuers.flatMap((ca) => {
    const known = issuers.byId(ca.certificate.spkiSha256)
    const isOther = known?.id !== id && known?.status === 'active'
    const isOfLane = known?.appId === appId && known.kind === 'unattested' && known.lane === lane
    return isOther && isOfLane ? [ca.certificate] : []
  })
  const root = await readRoot(store.read, 'device')
  const above = root === undefined ? [] : [root.certificate]
  return { issuing, all: [issuing, ...others, ...above] }
}
