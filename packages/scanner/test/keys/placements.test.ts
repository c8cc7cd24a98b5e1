import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { scan } from '../../src/index.ts'
import { fixture, ownPassword, settings } from './detect-keys.ts'

/** Where a container lies in a package, as the bytes of one file. */
const placements: Readonly<Record<string, (container: Buffer) => Buffer>> = {
  'a file': (container) => container,
  'the middle of other bytes': (container) =>
    Buffer.concat([Buffer.alloc(4_321, 'ELF\0\x01\x02'), container, Buffer.alloc(777)]),
  'base64 in JSON': (container) =>
    Buffer.from(JSON.stringify({ name: 'bank', blob: container.toString('base64') })),
  'base64 in UTF-16': (container) =>
    Buffer.concat([
      Buffer.from([0xff, 0xfe]),
      Buffer.from(`var blob = "${container.toString('base64')}" // 身分`, 'utf16le'),
    ]),
  'hex in a script': (container) => Buffer.from(`var blob = "${container.toString('hex')}";\n`),
  'a list of signed bytes': (container) =>
    Buffer.from(
      `byte[] blob = { ${[...container].map((byte) => (byte << 24) >> 24).join(', ')} };\n`,
    ),
}

/** Files of `fixtures/keys/make.sh`, and how their passwords come to be known. */
const containers: Readonly<Record<string, 'none' | 'default' | 'elsewhere' | 'nowhere'>> = {
  'own-plain-bags.p12': 'none',
  'empty-legacy.p12': 'none',
  'default-modern.p12': 'default',
  'own-legacy.p12': 'elsewhere',
  'own-modern.p12': 'nowhere',
  'own-bouncycastle.p12': 'elsewhere',
  'default.jks': 'default',
  'own.jks': 'nowhere',
  'own.jceks': 'elsewhere',
  'default.bks': 'default',
  'own.bks': 'elsewhere',
  'own.bks1': 'nowhere',
}

/** Where a password lies, and what is around it. */
const passwordFiles: readonly (readonly [string, string])[] = [
  ['config.properties', `host=example.com\nclient.keystore.password=${ownPassword}\n`],
  ['strings.xml', `<resources><string name="store_pass">${ownPassword}</string></resources>`],
  ['main.js', `const o={pfx:r("client.p12"),passphrase:"${ownPassword}",port:443}`],
  ['words.txt', ['alpha', ownPassword, 'omega', ''].join('\n')],
]

let count = 0
for (const [container, password] of Object.entries(containers)) {
  for (const [placement, put] of Object.entries(placements)) {
    const passwordFile = passwordFiles[count % passwordFiles.length] ?? passwordFiles[0]
    count++
    test(`${container} in ${placement}, password ${password}`, async () => {
      const folder = await mkdtemp(path.join(tmpdir(), 'keys-'))
      try {
        await writeFile(path.join(folder, 'blob'), put(fixture(container)))
        if (password === 'elsewhere' && passwordFile !== undefined) {
          await writeFile(path.join(folder, passwordFile[0]), passwordFile[1])
        }
        const { findings } = await scan(folder, settings)
        const rules = findings.map(({ rule }) => rule as string)
        const isOpen = password !== 'nowhere'
        assert.equal(rules.includes('client-identity'), isOpen, String(rules))
        assert.equal(rules.includes('locked-keystore'), !isOpen, String(rules))
        assert.ok(!JSON.stringify(findings).includes(ownPassword))
      } finally {
        await rm(folder, { recursive: true })
      }
    })
  }
}

test('containers, passwords and places are crossed', () => {
  process.stdout.write(`${count} identities in containers × places\n`)
  assert.equal(count, 72)
})
