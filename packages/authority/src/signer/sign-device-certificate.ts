import { backdateMs, issueDeviceCertificate, readSubjectPublicKey } from '@sallyport/pki'
import { isId } from '@sallyport/wire'
import { bytesOf } from './bytes.ts'
import { handOutCertificate } from './hand-out.ts'
import type { HeldIssuer } from './held-issuers.ts'
import type { SignerContext } from './local-signer.ts'
import type { Signer, SignerInput } from './signer.ts'
import type { SignedApp } from './signer-bounds.ts'
import { type Bound, refuseBeyond, signerRefusal } from './signer-refusal.ts'

const dayMs = 24 * 3_600_000
/** Certificates of development devices are of a day. */
const maxDevelopmentDays = 1

type Asked = SignerInput<'deviceCertificate'> & {
  readonly held: HeldIssuer
  readonly app: SignedApp & Required<Pick<SignedApp, 'certificate'>>
  readonly keyKind: string | undefined
  readonly keyDescription: string
  readonly latest: number
  readonly now: number
  readonly statusUrl: string | undefined
}

/** What an issuer may say of a device, and for how long. */
const deviceBounds: readonly Bound<Asked>[] = [
  {
    holds: ({ held, app }) => held.kind !== 'development' || app.insecureDevelopmentDevices,
    expected: () => 'an app with insecureDevelopmentDevices',
    found: ({ held }) => held.appId,
  },
  {
    holds: ({ deviceId }) => isId('device', deviceId),
    expected: () => 'the id of a device',
    found: ({ deviceId }) => deviceId,
  },
  {
    holds: (asked) => asked.keyKind !== undefined && allowedKinds(asked).includes(asked.keyKind),
    expected: (asked) => allowedKinds(asked).join(', '),
    found: ({ keyDescription }) => keyDescription,
  },
  {
    holds: ({ notAfter, latest, now }) =>
      notAfter === undefined || (notAfter <= latest && notAfter > now),
    expected: ({ latest }) => `an end by ${new Date(latest).toISOString()}`,
    found: ({ notAfter = 0 }) => new Date(notAfter).toISOString(),
  },
  {
    holds: ({ held: { issuer }, now }) =>
      issuer.certificate.notBefore <= now && now < issuer.certificate.notAfter,
    expected: () => 'a CA in date',
    found: ({ held: { issuer } }) =>
      `one until ${new Date(issuer.certificate.notAfter).toISOString()}`,
  },
  {
    holds: ({ held, assurance }) => held.kind !== 'unattested' || assurance === 'unattested',
    expected: () => 'assurance unattested of a CA of this kind',
    found: ({ assurance }) => assurance,
  },
  {
    holds: ({ held, predecessors, facts }) =>
      held.kind !== 'unattested' ||
      (predecessors.length === 0 && facts?.osPatchLevel === undefined),
    expected: () => 'no predecessors and no patch level of a CA of this kind',
    found: ({ predecessors }) => `${predecessors.length} predecessors, or a patch level`,
  },
  {
    // Whoever could name others would say himself what is revoked.
    holds: ({ published, statusUrl }) =>
      addressesIn(published).every((address) => address.startsWith(`${statusUrl}/`)),
    expected: ({ statusUrl }) =>
      `addresses under ${statusUrl ?? 'an authority.status, and there is none'}`,
    found: ({ published }) => addressesIn(published).join(', '),
  },
]

function addressesIn(published: Asked['published']): string[] {
  return Object.values(published ?? {}).flat()
}

function allowedKinds({ held, app }: Asked): readonly string[] {
  if (held.kind !== 'unattested') return app.certificate.keyKinds
  return Object.values(app.protocols ?? {}).flatMap(({ keyKinds }) => keyKinds)
}

/** The certificate of a device: names, policies and dates are the issuer's and the configuration's. */
export async function signDeviceCertificate(
  context: SignerContext,
  input: SignerInput<'deviceCertificate'>,
): ReturnType<Signer['deviceCertificate']> {
  const { issuers, bounds, now: clock } = context
  const limits = bounds()
  const held = await issuers.open(input.issuer, limits)
  const app = Object.hasOwn(limits.apps, held.appId) ? limits.apps[held.appId] : undefined
  if (app?.certificate === undefined) throw signerRefusal('an app of the configuration', held.appId)
  const { certificate } = app
  const days = certificate.lifetimeDays
  const lifetimeDays = held.kind === 'development' ? Math.min(days, maxDevelopmentDays) : days
  const now = clock()
  const latest = now + lifetimeDays * dayMs
  const spki = bytesOf(input.spki)
  const { kind: keyKind, description: keyDescription } = readSubjectPublicKey(spki)
  refuseBeyond(deviceBounds, {
    ...input,
    held,
    app: { ...app, certificate },
    keyKind,
    keyDescription,
    latest,
    now,
    statusUrl: limits.statusUrl,
  })
  const issued = await issueDeviceCertificate({
    issuer: held.issuer,
    spki,
    trustDomain: held.trustDomain,
    appId: held.appId,
    deviceId: input.deviceId,
    assurance: input.assurance,
    ...(input.facts === undefined ? {} : { facts: input.facts }),
    predecessors: input.predecessors,
    published: input.published,
    notBefore: now - backdateMs,
    notAfter: input.notAfter ?? latest,
  })
  return {
    certificate: await handOutCertificate(context, 'device', input.issuer.keyName, issued),
  }
}
