import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { parseCertificateList } from '@sallyport/pki'
import { newFolder } from '../sallyport.ts'
import { blocksOf } from './guide.ts'

const page = readFileSync(
  new URL('../../../../../docs/guide/published-status.md', import.meta.url),
  'utf8',
)

test('a root signs its list with the lines of the page', () => {
  const cwd = newFolder()
  const run = (command: string) => execFileSync('sh', ['-ec', command], { cwd, stdio: 'pipe' })
  const key = '-newkey ec -pkeyopt ec_paramgen_curve:P-384 -nodes'
  run(`openssl req -x509 ${key} -subj /CN=Root -days 30 -keyout root.key -out root.crt`)
  const block = blocksOf(page, 'sh').find((lines) => lines.includes('-gencrl')) ?? ''
  run(block)
  run('openssl crl -in root.crl -outform DER -out root.der')
  const list = parseCertificateList(readFileSync(path.join(cwd, 'root.der')))
  // Greater than whatever the authority itself gave out before.
  assert.ok(Math.abs(list.number - Date.now()) < 60_000)
  assert.equal(list.nextUpdate - list.thisUpdate, 90 * 86_400_000)
  assert.ok(list.authorityKeyId !== undefined)
})
