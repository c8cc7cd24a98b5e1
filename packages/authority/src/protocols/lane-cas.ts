import type { Certificate } from '@sallyport/pki'
import type { Authority } from '../authority.ts'
import type { IssuingCa } from '../issuers/issuer-set.ts'
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

/** The CA of a lane that is announced and issues later; undefined where none is. */
export function nextCa(
  { issuers, now }: Pick<Authority, 'issuers' | 'now'>,
  { appId, lane }: { appId: string; lane: string },
): IssuingCa | undefined {
  const issuing = issuers.issuing(appId, 'unattested', lane)
  return issuers.bundle.issuers
    .flatMap(({ certificate }) => issuers.byId(certificate.spkiSha256) ?? [])
    .filter((ca) => ca.appId === appId && ca.kind === 'unattested' && ca.lane === lane)
    .filter((ca) => ca.status === 'active' && ca.id !== issuing.id && ca.issuesFrom > now())
    .toSorted((one, other) => one.issuesFrom - other.issuesFrom)[0]
}
