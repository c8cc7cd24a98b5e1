import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { scan } from '../../src/index.ts'
import { ownPassword, settings } from '../keys/detect-keys.ts'
import { benignTwins, containers, type Password, piecesOf } from './containers.ts'
import { pairsOf, pairwise } from './pairwise.ts'
import { places, signed } from './places.ts'
import { hasTools } from './tools.ts'

// Packages as real tools build them, each with one thing in it. Of containers, places and ways to the password,
// every two that can come together do.

const possible = Object.entries(containers).flatMap(([container, contents]) =>
  Object.keys(places).flatMap((place) =>
    Object.keys(contents).map((way) => [container, place, way as Password] as const),
  ),
)
const cases = pairwise(possible)

describe(`a client identity in ${cases.length} packages`, { concurrency: 2 }, () => {
  for (const [container, place, way] of cases) {
    test(`${container} in ${place}, password ${way}`, async (t) => {
      const content = containers[container]?.[way]
      assert.ok(content)
      const password = way === 'elsewhere' ? ownPassword : undefined
      const found = await rulesOf(t, place, piecesOf(content), password)
      const [wanted, other] =
        way === 'unknown'
          ? (['locked-keystore', 'client-identity'] as const)
          : (['client-identity', 'locked-keystore'] as const)
      if (found === undefined) return
      assert.ok(found.includes(wanted), `${wanted}, found ${found.join()}`)
      assert.ok(!found.includes(other), `not ${other}, found ${found.join()}`)
    })
  }
})

const twins = Object.keys(benignTwins).flatMap((twin) =>
  Object.keys(places).map((place) => [twin, place] as const),
)

describe(`what is none in ${twins.length} packages`, { concurrency: 2 }, () => {
  for (const [twin, place] of twins) {
    test(`${twin} in ${place}`, async (t) => {
      const found = await rulesOf(t, place, benignTwins[twin] ?? [], undefined)
      for (const rule of ['client-identity', 'private-key', 'locked-keystore']) {
        assert.ok(!found?.includes(rule), found?.join() ?? '')
      }
    })
  }
})

test('the certificate that a release is signed with is none', async (t) => {
  if (!hasTools(t, ['aapt2', 'keytool', 'apksigner'])) return
  const folder = scratch(t)
  const built = { pieces: [Buffer.from('nothing')], password: undefined, folder }
  const apk = places['asset']?.build(built) ?? ''
  const { findings, app } = await scan(signed(apk, folder), settings)
  assert.equal(app.format, 'apk')
  assert.deepEqual(
    findings.filter(({ rule }) => /identity|key|certificate/.test(rule)),
    [],
  )
})

test('every two of container, place and password come together', (t) => {
  const pairs = new Set(cases.flatMap(pairsOf))
  assert.deepEqual(pairs, new Set(possible.flatMap(pairsOf)))
  t.diagnostic(
    `${cases.length} packages for ${pairs.size} pairs of ${possible.length} combinations`,
  )
  assert.equal(Object.keys(containers).length, 13)
  assert.equal(Object.keys(places).length, 8)
})

/** The rules that a package with these pieces breaks; undefined where it cannot be built here. */
async function rulesOf(
  t: TestContext,
  place: string,
  pieces: readonly Buffer[],
  password: string | undefined,
): Promise<string[] | undefined> {
  const { tools, build } = places[place] ?? assert.fail(place)
  if (!hasTools(t, tools)) return undefined
  const { findings, notChecked } = await scan(
    build({ pieces, password, folder: scratch(t) }),
    settings,
  )
  assert.ok(!JSON.stringify(findings).includes(ownPassword), 'the password is told')
  assert.deepEqual(notChecked, [])
  return findings.map(({ rule }) => rule)
}

function scratch(t: TestContext): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'built-'))
  t.after(() => rmSync(folder, { recursive: true }))
  return folder
}
