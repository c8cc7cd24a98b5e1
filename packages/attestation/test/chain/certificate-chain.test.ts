import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Certificate, parseCertificate } from '@sallyport/pki'
import { makeDevelopmentRoot, writeCertificate, writeName } from '@sallyport/virtual-device'
import { findChainEnd } from '../../src/chain/anchors.ts'
import type { CertificateChain } from '../../src/chain/certificate-chain.ts'
import { type DateRule, findOutOfDate } from '../../src/chain/dates.ts'
import { findBrokenName, findBrokenSignature } from '../../src/chain/links.ts'
import { trustAnchor } from '../../src/index.ts'
import { newKey } from '../android-key/forged-chain.ts'

const now = Date.UTC(2026, 10, 22)
const root = makeDevelopmentRoot({ now })
const anchor = trustAnchor(root.certificate)
/** Another key under the same name. */
const twin = makeDevelopmentRoot({ now })
const dates = { notBefore: now, notAfter: now + 60_000 }

function issue(signer = root, subject = writeName({ serialNumber: '7', title: 'TEE' })) {
  const made = newKey()
  const der = writeCertificate({ signer, subject, spki: made.spki, ...dates })
  return { certificate: parseCertificate(der), name: subject, key: made.key }
}

const chainOf = (
  certificates: CertificateChain['certificates'],
  options: Partial<CertificateChain> = {},
): CertificateChain => ({
  certificates,
  end: findChainEnd(certificates, [anchor]),
  at: now,
  dateRule: () => 'both',
  ...options,
})

describe('the end of a chain', () => {
  const { certificate } = issue()
  it('is an anchor that it includes, by its key', () => {
    const reissued = parseCertificate(
      writeCertificate({
        signer: root,
        subject: root.name,
        spki: root.certificate.spki,
        notBefore: 0,
        notAfter: 1_000,
      }),
    )
    assert.notDeepEqual(reissued.der, root.certificate.der)
    assert.deepEqual(findChainEnd([certificate, reissued], [anchor]), { anchor, isIncluded: true })
  })
  it('is an anchor that issued its last certificate', () => {
    assert.deepEqual(findChainEnd([certificate], [anchor]), { anchor, isIncluded: false })
  })
  it('is of several anchors of one name the one that signed', () => {
    const other = trustAnchor(twin.certificate)
    assert.equal(findChainEnd([certificate], [other, anchor])?.anchor, anchor)
    assert.equal(findChainEnd([issue(twin).certificate], [anchor, other])?.anchor, other)
  })
  it('is none for a root of another key, whatever its name', () => {
    assert.ok(twin.certificate.subject.equals(anchor.subject))
    assert.equal(findChainEnd([issue(twin).certificate, twin.certificate], [anchor]), undefined)
  })
  it('is none for another issuer, and for no chain', () => {
    const strange = issue({ ...twin, name: writeName({ commonName: 'x' }) })
    assert.equal(findChainEnd([strange.certificate], [anchor]), undefined)
    assert.equal(findChainEnd([], [anchor]), undefined)
    assert.equal(findChainEnd([certificate], []), undefined)
  })
})

describe('the links of a chain', () => {
  const ca = issue()
  const leafBy = (name: Buffer, key = ca.key) =>
    issue({ ...root, name, key }, writeName({ commonName: 'leaf' })).certificate

  const brokenSignature = (certificates: readonly Certificate[]) => {
    const { end } = chainOf(certificates)
    assert.ok(end)
    return findBrokenSignature(certificates, end)
  }

  it('hold where each certificate names and is signed by the next', () => {
    const leaf = leafBy(ca.name)
    for (const certificates of [
      [leaf, ca.certificate],
      [leaf, ca.certificate, root.certificate],
    ]) {
      assert.equal(findBrokenName(chainOf(certificates)), undefined)
      assert.equal(brokenSignature(certificates), undefined)
    }
  })
  it('break where a signature is of another key', () => {
    const forged = leafBy(ca.name, newKey().key)
    assert.equal(brokenSignature([forged, ca.certificate]), 0)
    assert.equal(findBrokenName(chainOf([forged, ca.certificate])), undefined)
  })
  it('break at the anchor where it did not sign', () => {
    const imitation = issue({ ...root, key: newKey().key })
    const leaf = leafBy(imitation.name, imitation.key)
    assert.equal(brokenSignature([leaf, imitation.certificate]), 1)
  })
  it('are verified from the anchor downwards, and no further than to the first that breaks', () => {
    let computed = 0
    const watched = new Proxy(ca.certificate, {
      get: (target, name) => {
        if (name === 'publicKey') computed++
        return target[name as keyof Certificate]
      },
    })
    const imitation = issue({ ...root, key: newKey().key })
    const below = issue({ ...root, ...imitation }, writeName({ commonName: 'below' })).certificate
    assert.equal(brokenSignature([below, watched, imitation.certificate]), 2)
    assert.equal(computed, 0)
  })
  it('break where an included certificate of the anchor is not signed by it', () => {
    const altered = Buffer.from(root.certificate.der)
    altered.writeUInt8(altered.readUInt8(altered.length - 1) ^ 1, altered.length - 1)
    const certificates = [ca.certificate, parseCertificate(altered)]
    assert.equal(brokenSignature(certificates), 1)
  })
  it('break where a name differs in one byte', () => {
    const leaf = leafBy(writeName({ serialNumber: '7', title: 'TEe' }))
    assert.equal(findBrokenName(chainOf([leaf, ca.certificate])), 0)
    assert.equal(brokenSignature([leaf, ca.certificate]), undefined)
  })
  it('hold where a phone writes a part of the name, as phones of 2018 do', () => {
    const leaf = leafBy(writeName({ serialNumber: '7' }))
    assert.equal(findBrokenName(chainOf([leaf, ca.certificate])), 0)
    const made = chainOf([leaf, ca.certificate], { deviceMade: 1 })
    assert.equal(findBrokenName(made), undefined)
  })
  it('break where a phone writes another name, or none', () => {
    for (const name of [
      writeName({ serialNumber: '8' }),
      writeName({ serialNumber: '7', unit: 'x' }),
      writeName({}),
    ]) {
      const made = chainOf([leafBy(name), ca.certificate], { deviceMade: 1 })
      assert.equal(findBrokenName(made), 0)
    }
  })
})

describe('the dates of a chain', () => {
  const { certificate } = issue()
  const outOfDate = (at: number, rule: DateRule) =>
    findOutOfDate(chainOf([certificate], { at, dateRule: () => rule }))

  it('count to the last second', () => {
    assert.equal(outOfDate(now, 'both'), undefined)
    assert.equal(outOfDate(now + 60_999, 'both'), undefined)
    assert.equal(outOfDate(now + 61_000, 'both'), 0)
    assert.equal(outOfDate(now - 1, 'both'), 0)
  })
  it('count as the rule of the position says', () => {
    assert.equal(outOfDate(now + 61_000, 'notBefore'), undefined)
    assert.equal(outOfDate(now - 1, 'notBefore'), 0)
    assert.equal(outOfDate(now - 1, 'neither'), undefined)
    assert.equal(outOfDate(now + 61_000, 'neither'), undefined)
  })
})
