import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { after, before, describe, it } from 'node:test'
import {
  createSigningRequest,
  generateKey,
  parseCertificate,
  verifyDeviceCertificate,
} from '@sallyport/pki'
import { isProblem, type ReasonCode } from '@sallyport/problem'
import pino from 'pino'
import { assembleAuthority } from '../../src/assemble-authority.ts'
import type { Authority } from '../../src/authority.ts'
import { appOf } from '../../src/config/app-of.ts'
import { verifyOwnCertificate } from '../../src/devices/authenticate-device.ts'
import { changeDeviceStatus } from '../../src/devices/device-status.ts'
import { readRequest } from '../../src/enrollment/key-request.ts'
import { enrollByProtocol } from '../../src/protocols/enroll-by-protocol.ts'
import type { ProtocolOrder } from '../../src/protocols/protocol-order.ts'
import { renewByProtocol } from '../../src/protocols/renew-by-protocol.ts'
import { unattestedAdmission } from '../../src/protocols/unattested-admission.ts'
import { layOut, passphrase } from '../fixture/deployment.ts'

const appId = 'wallet'
const est = {
  lane: '',
  keyKinds: ['ec-p256', 'rsa-2048'],
  platform: 'other',
  maxPerHour: 4,
} as const
const scep = { ...est, lane: 'fleet' } as const

describe('enrolment by a standard protocol', () => {
  let authority: Authority
  let close: () => Promise<void>

  before(async () => {
    const { config, directory } = await layOut({
      authority: "    status: { listen: '127.0.0.1:0' }\n",
    })
    const settings = {
      est: { ...est, keyKinds: [...est.keyKinds] },
      scep: { ...scep, keyKinds: [...scep.keyKinds] },
    }
    Object.assign(appOf(config.apps, appId), { protocols: settings })
    const environment = { SALLYPORT_PASSPHRASE: passphrase }
    const log = pino({ level: 'silent' })
    const assembled = await assembleAuthority(config, { log, directory, version: '0', environment })
    authority = assembled.authority
    close = async () => {
      await authority.feed.close()
      await authority.decisions.close()
      await authority.refusedAppraisals.close()
      await authority.store.close()
      rmSync(directory, { recursive: true, force: true })
    }
  })
  after(() => close())

  const newKey = () => generateKey('ec-p256')
  const order = (
    key: Awaited<ReturnType<typeof newKey>>,
    reference: string,
    more: Partial<ProtocolOrder> = {},
  ): ProtocolOrder => ({
    protocol: 'est',
    appId,
    app: appOf(authority.config.apps, appId),
    request: readRequest(createSigningRequest(key), est.keyKinds),
    admission: unattestedAdmission({ ...est, keyKinds: [...est.keyKinds] }, authority.now()),
    reference,
    authorizedBy: `token:${reference}`,
    maxPerHour: est.maxPerHour,
    caller: { requestId: 'req_test', address: '192.0.2.1' },
    ...more,
  })
  const refused = (code: ReasonCode) => (error: unknown) => isProblem(error) && error.code === code

  it('issues from a CA for devices that prove nothing', async () => {
    const { certificate, device } = await enrollByProtocol(authority, order(await newKey(), 'one'))
    const verified = verifyDeviceCertificate(certificate.der, authority.issuers.bundle)
    assert.ok(verified.ok, JSON.stringify(verified))
    assert.equal(verified.device.assurance, 'unattested')
    assert.equal(authority.issuers.byId(certificate.issuer_id)?.kind, 'unattested')
    assert.deepEqual([device.protocol, device.authorized_by], ['est', 'token:one'])
  })

  it('answers the same order with the same certificate, and no other key', async () => {
    const key = await newKey()
    const first = await enrollByProtocol(authority, order(key, 'two'))
    const again = await enrollByProtocol(authority, order(key, 'two'))
    assert.equal(again.certificate.thumbprint, first.certificate.thumbprint)
    const other = order(await newKey(), 'two')
    await assert.rejects(enrollByProtocol(authority, other), refused('challenge_used'))
    await authority.store.write((tx) =>
      changeDeviceStatus(tx, {
        deviceId: first.device.id,
        status: 'revoked',
        reason: 'lost',
        actor: 'test',
        now: authority.now(),
      }),
    )
    const revoked = enrollByProtocol(authority, order(key, 'two'))
    await assert.rejects(revoked, refused('device_revoked'))
  })

  it('uses up what it was let in by in the same write, or enrols nobody', async () => {
    const key = await newKey()
    const use = () => Promise.reject(new Error('used already'))
    await assert.rejects(enrollByProtocol(authority, order(key, 'three', { use })), /used already/)
    const { certificate } = await enrollByProtocol(authority, order(key, 'three'))
    const rows = await authority.store.read
      .selectFrom('certificates')
      .select('thumbprint')
      .where('spki_sha256', '=', certificate.spki_sha256)
      .execute()
    assert.equal(rows.length, 1)
  })

  it('takes no key of another kind or lane', async () => {
    const key = await newKey()
    await enrollByProtocol(authority, order(key, 'four'))
    const admission = unattestedAdmission(
      { ...scep, keyKinds: [...scep.keyKinds] },
      authority.now(),
    )
    const elsewhere = order(key, 'five', { protocol: 'scep', admission })
    await assert.rejects(enrollByProtocol(authority, elsewhere), refused('csr_key_not_allowed'))
    const again = await enrollByProtocol(authority, order(key, 'six'))
    assert.equal(again.device.status, 'active')
  })

  it('lets one credential enrol so many in an hour', async () => {
    const authorizedBy = 'mdm:fleet'
    for (let count = 0; count < est.maxPerHour; count++) {
      await enrollByProtocol(authority, order(await newKey(), `fleet-${count}`, { authorizedBy }))
    }
    const more = order(await newKey(), 'fleet-more', { authorizedBy })
    await assert.rejects(
      enrollByProtocol(authority, more),
      refused('enrollment_credential_too_often'),
    )
  })

  it('renews with another key, again with the same answer, and tells of a fork', async () => {
    const { certificate } = await enrollByProtocol(authority, order(await newKey(), 'renewing'))
    const renewalKey = 'any' as const
    const settings = { ...est, keyKinds: [...est.keyKinds], renewalKey }
    const renewal = ({ der }: { der: Uint8Array }, key: Awaited<ReturnType<typeof newKey>>) => {
      const { app, request, caller } = order(key, 'any')
      const identity = verifyOwnCertificate(authority.issuers, der)
      const renewing = { protocol: 'est', appId, app, settings, identity, request, caller } as const
      return renewByProtocol(authority, renewing)
    }
    const key = await newKey()
    const renewed = await renewal(certificate, key)
    const again = await renewal(certificate, key)
    assert.equal(again.certificate.thumbprint, renewed.certificate.thumbprint)
    assert.equal(renewed.device.id, certificate.device_id)
    const parsed = parseCertificate(renewed.certificate.der)
    assert.equal(authority.issuers.byId(renewed.certificate.issuer_id)?.kind, 'unattested')
    assert.ok(verifyDeviceCertificate(parsed.der, authority.issuers.bundle).ok)
    // Its key is held: it is in use.
    await renewal(renewed.certificate, await newKey())
    const thief = renewal(certificate, await newKey())
    await assert.rejects(thief, refused('renewal_forked'))
  })
})
