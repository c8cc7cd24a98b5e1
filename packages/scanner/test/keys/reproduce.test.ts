import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { redact } from '../../src/redact.ts'
import { scan } from '../../src/index.ts'
import { lacksProgram } from '../lacks-program.ts'
import { makeZip } from '../make-zip.ts'
import { fixture, ownPassword, settings } from './detect-keys.ts'

const cases: readonly {
  readonly name: string
  readonly bytes: Buffer
  readonly shows: RegExp
  readonly program: string
}[] = [
  {
    name: 'a.p12',
    bytes: fixture('own-modern.p12'),
    shows: /BEGIN PRIVATE KEY/,
    program: 'openssl',
  },
  {
    name: 'b.p12',
    bytes: fixture('own-legacy.p12'),
    shows: /BEGIN PRIVATE KEY/,
    program: 'openssl',
  },
  {
    name: 'c.jks',
    bytes: fixture('own.jks'),
    shows: /Entry type: PrivateKeyEntry/,
    program: 'keytool',
  },
  {
    name: 'd.jceks',
    bytes: fixture('own.jceks'),
    shows: /Entry type: PrivateKeyEntry/,
    program: 'keytool',
  },
  {
    name: 'e.so',
    bytes: Buffer.concat([Buffer.alloc(1_000, 7), fixture('own-modern.p12')]),
    shows: /BEGIN PRIVATE KEY/,
    program: 'openssl',
  },
  {
    name: 'f.json',
    bytes: Buffer.from(
      JSON.stringify({ key: fixture('own-modern.p12').toString('base64'), end: 1 }),
    ),
    shows: /BEGIN PRIVATE KEY/,
    program: 'openssl',
  },
  {
    name: 'g.pem',
    bytes: fixture('client-key.pem'),
    shows: /ASN1 OID: prime256v1/,
    program: 'openssl',
  },
  {
    name: 'h.pem',
    bytes: fixture('own-encrypted-key.pem'),
    shows: /ASN1 OID: prime256v1/,
    program: 'openssl',
  },
  {
    name: 'i.der',
    bytes: fixture('client-sec1.der'),
    shows: /ASN1 OID: prime256v1/,
    program: 'openssl',
  },
]

for (const { name, bytes, shows, program } of cases) {
  test(`the lines of a finding about ${name} show it again`, async (t) => {
    if (lacksProgram('unzip', t) || lacksProgram(program, t)) return
    const folder = await mkdtemp(path.join(tmpdir(), 'keys-'))
    try {
      const inner = makeZip([{ name: `assets/${name}`, bytes }])
      const file = path.join(folder, 'app.zip')
      const config = `{"password":"${ownPassword}"}`
      await writeFile(
        file,
        makeZip([
          { name: 'in/inner.zip', bytes: inner },
          { name: 'c.json', bytes: config },
        ]),
      )
      const { findings } = await scan(file, settings)
      const found = findings.find(
        ({ rule }) => rule === 'client-identity' || rule === 'private-key',
      )
      const lines = found?.reproduce ?? []
      assert.ok(!lines.join('').includes(ownPassword))
      const script = lines
        .join('\n')
        .replaceAll('PACKAGE', file)
        .replaceAll(JSON.stringify(redact(ownPassword)), ownPassword)
      const printed = execFileSync('sh', ['-c', script], {
        cwd: folder,
        stdio: ['ignore', 'pipe', 'ignore'],
      })
      assert.match(printed.toString(), shows, script)
    } finally {
      await rm(folder, { recursive: true })
    }
  })
}
