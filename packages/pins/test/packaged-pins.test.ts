import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkPins, type PackagedPins, parsePinsFile, pinOfSpki } from '../src/index.ts'
import { issue, type Keys, newKeys } from './test-authority.ts'
import { pin } from './pins-yaml.ts'

const now = Date.now()
type Kind = Keys['kind']

async function world() {
  const root = await issue({ name: 'R' })
  const leaf = await issue({ name: 'a.example', hosts: ['a.example'], issuer: root })
  const own = pinOfSpki(leaf.certificate.spki)
  const file = parsePinsFile(
    'pins.yaml',
    `version: 1\nhosts:\n  a.example:\n    pins:\n      - { role: leaf, sha256: ${own} }\n      - { role: backup, sha256: '${pin(2)}' }\n`,
  )
  const next = [{ name: 'next.pem', certificates: [leaf.certificate] }]
  const check = (packaged: readonly PackagedPins[]) =>
    checkPins(file, { surveys: new Map(), next, packaged, others: [root.certificate], now })
      .filter(({ about }) => about.kind === 'package')
      .map(({ outcome, what }) => [outcome, what.split(':')[0]?.split(' (')[0]])
  return { own, root: pinOfSpki(root.certificate.spki), check }
}

const set = (members: Partial<PackagedPins>): PackagedPins => ({
  package: 'app.apk',
  source: 'android-nsc',
  path: 'res/xml/pins.xml',
  host: 'a.example',
  subdomains: 'none',
  sha256: [],
  ...members,
})

test('a package whose pins are those of the file holds', async () => {
  const { own, check } = await world()
  assert.deepEqual(check([set({ sha256: [own, pin(2)] })]), [['ok', 'leaf pinned in the chain']])
})

test('a package with other pins bricks, and the difference is told', async () => {
  const { check } = await world()
  assert.deepEqual(check([set({ sha256: [pin(9)] })]), [
    ['will break', 'none of the pins is in the chain'],
    ['note', 'the package lacks pins of the file'],
    ['note', 'the package has pins that the file has not'],
  ])
})

test('a set that ended, or is of another name, bricks nothing', async () => {
  const { check } = await world()
  assert.deepEqual(check([set({ sha256: [pin(9)], expires: now - 1 })]), [])
  assert.deepEqual(check([set({ host: 'b.example', sha256: [pin(9)] })]), [])
})

test('of several names the most specific counts, and in OkHttp all of them', async () => {
  const { own, check } = await world()
  const above = set({ host: 'example', subdomains: 'any', sha256: [pin(9)] })
  const exact = set({ sha256: [own, pin(2)] })
  const outcomes = (...sets: PackagedPins[]) => check(sets).map(([outcome]) => outcome)
  assert.deepEqual(outcomes(above, exact), ['ok'])
  assert.equal(outcomes(above)[0], 'will break')
  const okhttp = [above, exact].map((each) => ({ ...each, source: 'okhttp' as const }))
  assert.deepEqual(outcomes(...okhttp), ['ok', 'note'])
  assert.deepEqual(outcomes(above, { ...exact, expires: now - 1 }), [])
})

test('App Transport Security looks for leaf and CA pins each in their place', async () => {
  const { own, root, check } = await world()
  const ats = { source: 'ios-ats' as const }
  const leaf = set({ ...ats, place: 'leaf', sha256: [own, pin(2)] })
  assert.deepEqual(check([leaf])[0], ['ok', 'leaf pinned in the chain'])
  assert.equal(check([set({ ...ats, place: 'ca', sha256: [own] })])[0]?.[0], 'will break')
  const both = [leaf, set({ ...ats, place: 'ca', sha256: [root] })]
  assert.deepEqual(
    check(both).map(([outcome]) => outcome),
    ['ok', 'ok', 'note'],
  )
})

test('TrustKit gives up at a key that it cannot read, where that stands above the pinned one', async () => {
  const told = async (
    kinds: { root?: Kind; above?: Kind; leaf?: Kind },
    pinned: 'root' | 'leaf',
    source: PackagedPins['source'] = 'trustkit',
  ) => {
    const root = await issue({ name: 'R', keys: await newKeys(kinds.root) })
    const above = await issue({ name: 'I', issuer: root, keys: await newKeys(kinds.above) })
    const leafKeys = await newKeys(kinds.leaf)
    const leaf = await issue({ name: 'L', hosts: ['a.example'], issuer: above, keys: leafKeys })
    const chain = { root, leaf }
    const sha256 = [pinOfSpki(chain[pinned].certificate.spki), pin(2)]
    const file = parsePinsFile(
      'pins.yaml',
      `version: 1\nhosts:\n  a.example:\n    pins:\n      - { role: ${pinned}, sha256: ${sha256[0]} }\n      - { role: backup, sha256: '${pin(2)}' }\n`,
    )
    const certificates = chain.leaf.sent.map(({ certificate }) => certificate)
    return checkPins(file, {
      surveys: new Map([['a.example', { sent: [{ certificates, to: ['here'] }], silent: [] }]]),
      packaged: [set({ source, sha256 })],
      others: [chain.root.certificate],
      now,
    })
      .filter(({ what }) => what.includes('TrustKit'))
      .map(({ outcome, what }) => [outcome, what.slice(what.indexOf(': ') + 2)])
  }
  assert.deepEqual(await told({ above: 'rsa-3072' }, 'leaf'), [['note', 'rsa-3072 CN=I']])
  assert.deepEqual(await told({ above: 'rsa-3072' }, 'root'), [])
  assert.deepEqual(await told({ above: 'rsa-3072' }, 'leaf', 'okhttp'), [])
  assert.deepEqual(await told({ leaf: 'ec-p521' }, 'leaf'), [['broken', 'ec-p521 CN=L']])
  assert.deepEqual(await told({ leaf: 'ec-p521' }, 'root'), [])
  assert.deepEqual(await told({ root: 'rsa' }, 'leaf'), [])
})
