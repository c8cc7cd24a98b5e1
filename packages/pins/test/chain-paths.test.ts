import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rootCertificates } from 'node:tls'
import { certificatesFromPem, nameText } from '@sallyport/pki'
import { chainPaths, titleOf } from '../src/index.ts'
import { crossSigns } from '../src/chain/cross-signs.ts'
import { commonNameOf, knownRoots } from '../src/chain/known-roots.ts'
import { issue, type Made, newKeys } from './test-authority.ts'

const now = Date.now()
const dayMs = 86_400_000

const namesOf = (sent: readonly Made[], others: readonly Made[], at = now): string[] =>
  chainPaths({
    sent: sent.map(({ certificate }) => certificate),
    others: others.map(({ certificate }) => certificate),
    now: at,
  }).map(({ certificates }) => certificates.map(({ subject }) => nameText(subject)).join(' '))

test('a cross-signed intermediate makes a chain to each root', async () => {
  const [one, two] = [await issue({ name: 'R1' }), await issue({ name: 'R2' })]
  const intermediate = await issue({ name: 'I', issuer: one })
  const crossed = await issue({ name: 'I', issuer: two, keys: intermediate.keys })
  const leaf = await issue({ name: 'L', hosts: ['a.example'], issuer: intermediate })
  assert.deepEqual(namesOf([leaf, intermediate, crossed], [one, two]), [
    'CN=L CN=I CN=R1',
    'CN=L CN=I CN=R2',
  ])
})

test('a root that another root signed ends a chain, and leads to a longer one', async () => {
  const [old, young] = [await issue({ name: 'Old' }), await issue({ name: 'Young' })]
  const crossed = await issue({ name: 'Young', issuer: old, keys: young.keys })
  const leaf = await issue({ name: 'L', hosts: ['a.example'], issuer: young })
  assert.deepEqual(namesOf([leaf, crossed], [old, young]), [
    'CN=L CN=Young',
    'CN=L CN=Young CN=Old',
  ])
})

test('a certificate that is expired is in no chain', async () => {
  const root = await issue({ name: 'R' })
  const intermediate = await issue({ name: 'I', issuer: root })
  const leaf = await issue({ name: 'L', hosts: ['a.example'], issuer: intermediate })
  const late = now + 400 * dayMs
  assert.deepEqual(namesOf([leaf, intermediate], [root]), ['CN=L CN=I CN=R'])
  assert.deepEqual(namesOf([leaf, intermediate], [root], late), ['CN=L CN=I'])
})

test('a clock that is an hour off sees the chains that others see', async () => {
  const soon = new Date(now + 1_000)
  const root = await issue({ name: 'R' })
  const intermediate = await issue({ name: 'I', issuer: root, notAfter: soon })
  const leaf = await issue({ name: 'L', hosts: ['a.example'], issuer: intermediate })
  const hourMs = 3_600_000
  const at = (off: number) => namesOf([leaf, intermediate], [root], off)
  const [whole, cut] = [['CN=L CN=I CN=R'], ['CN=L CN=I']]
  assert.deepEqual(at(now + hourMs), whole)
  assert.deepEqual(at(now + 3 * hourMs), cut)
  // They begin a day ago.
  assert.deepEqual(at(now - dayMs - hourMs), whole)
  assert.deepEqual(at(now - dayMs - 3 * hourMs), cut)
})

test('CAs that sign each other in every direction end, soon', async () => {
  const keys = await Promise.all(Array.from({ length: 9 }, () => newKeys()))
  const selfSigned = await Promise.all(
    keys.map((each, index) => issue({ name: `C${index}`, keys: each })),
  )
  const mesh = await Promise.all(
    selfSigned.flatMap((issuer, above) =>
      keys.flatMap((each, below) =>
        above === below ? [] : [issue({ name: `C${below}`, issuer, keys: each })],
      ),
    ),
  )
  const [first] = selfSigned
  assert.ok(first !== undefined)
  const leaf = await issue({ name: 'L', hosts: ['a.example'], issuer: first })
  const startedAt = performance.now()
  assert.deepEqual(namesOf([leaf, ...mesh], []), [
    ['L', ...mesh.map(({ certificate }) => nameText(certificate.subject).slice(3))]
      .map((name) => `CN=${name}`)
      .join(' '),
  ])
  assert.ok(performance.now() - startedAt < 10_000)
})

test('a CA of the same name and another key is not in the chain', async () => {
  const root = await issue({ name: 'R' })
  const impostor = await issue({ name: 'R' })
  const leaf = await issue({ name: 'L', hosts: ['a.example'], issuer: root })
  assert.deepEqual(namesOf([leaf], [impostor]), ['CN=L'])
  assert.deepEqual(namesOf([leaf], [impostor, root]), ['CN=L CN=R'])
})

test('CAs that sign each other end', async () => {
  const first = await issue({ name: 'A' })
  const second = await issue({ name: 'B', issuer: first })
  const back = await issue({ name: 'A', issuer: second, keys: first.keys })
  const leaf = await issue({ name: 'L', hosts: ['a.example'], issuer: second })
  assert.deepEqual(namesOf([leaf, second, back], [first]), ['CN=L CN=B CN=A'])
})

test('every name of the table of cross-signs is a root that clients have', () => {
  const names = new Set(knownRoots().map(commonNameOf))
  for (const { root, alsoUnder } of crossSigns) {
    assert.ok(names.has(root), root)
    assert.ok(names.has(alsoUnder), alsoUnder)
  }
  assert.ok(knownRoots().length > rootCertificates.length * 0.9)
})

test('a public root has the chain that a cross-sign makes longer', () => {
  const x2 = rootCertificates.flatMap(certificatesOrNone).find((each) => {
    return commonNameOf(each) === 'ISRG Root X2'
  })
  assert.ok(x2 !== undefined)
  const paths = chainPaths({ sent: [x2], now })
  assert.deepEqual(
    paths.map(({ certificates, isSupposed }) => [certificates.map(commonNameOf), isSupposed]),
    [
      [['ISRG Root X2'], false],
      [['ISRG Root X2', 'ISRG Root X1'], true],
    ],
  )
})

function certificatesOrNone(pem: string) {
  return pem.length > 20_000 ? [] : certificatesFromPem(pem)
}

test('a certificate without a subject is called by its names', async () => {
  const leaf = await issue({ name: 'L', hosts: ['a.example'], issuer: await issue({ name: 'R' }) })
  assert.equal(titleOf(leaf.certificate), 'CN=L')
  const { certificate } = leaf
  assert.equal(titleOf({ ...certificate, subject: Buffer.from('3000', 'hex') }), 'DNS:a.example')
})
