import assert from 'node:assert/strict'
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { certificatesFromPem } from '@sallyport/pki'
import { assertGolden } from '../golden.ts'
import { newFolder, sallyport } from '../sallyport.ts'

const answers = ['--trust-domain', 'example.com', '--app-id', 'wallet', '--yes']

test('init writes a deployment that is valid, sound, and has nothing insecure', async () => {
  const directory = path.join(newFolder(), 'production')
  const made = await sallyport([
    'init',
    '--dir',
    directory,
    ...answers,
    '--passphrase-file',
    '--json',
  ])
  assert.equal(made.code, 0, made.stderr)
  const facts = JSON.parse(made.stdout) as { configFile: string; keepOffline: string[] }
  assert.deepEqual(
    facts.keepOffline.map((file) => path.basename(file)),
    ['device-root.key.json', 'service-root.key.json'],
  )
  for (const file of facts.keepOffline) assert.ok(statSync(file).isFile())
  const root = readFileSync(path.join(directory, 'certificates', 'device-root.crt'), 'utf8')
  assert.equal(certificatesFromPem(root).length, 1)
  // Of 160 random bits, which nobody guesses however cheap a guess is.
  assert.equal(readFileSync(path.join(directory, 'state', 'passphrase'), 'utf8').length, 27 + 1)
  assert.deepEqual(costsOfGuesses(directory), new Set([2 ** 14]))
  assertGolden('production-sallyport.yaml', readFileSync(facts.configFile, 'utf8'))

  const checked = await sallyport(['config', 'validate', '--config', facts.configFile, '--json'])
  assert.deepEqual(JSON.parse(checked.stdout), { ok: true, file: facts.configFile, insecure: [] })

  const examined = await sallyport(['doctor', '--config', facts.configFile, '--json'])
  const findings = JSON.parse(examined.stdout) as { check: string; verdict: string }[]
  const wrong = findings.filter(({ verdict }) => verdict === 'fail').map(({ check }) => check)
  // It was never started.
  assert.deepEqual(wrong, ['authority'])
  assert.equal(examined.code, 1)

  const secrets = ['admin.token', 'state/passphrase', 'state/sallyport.db', 'certificates/api.key']
  for (const file of secrets)
    assert.equal(statSync(path.join(directory, file)).mode & 0o077, 0, file)
})

test('init that fails in the middle can be run again', async () => {
  const directory = newFolder()
  const obstacle = path.join(directory, 'certificates')
  writeFileSync(obstacle, 'a file where a folder is to be')
  const args = ['init', '--dir', directory, ...answers, '--passphrase-file']
  const failed = await sallyport(args)
  assert.equal(failed.code, 3)
  assert.match(failed.stderr, /code {6}file_failed/)
  rmSync(obstacle)
  assert.equal((await sallyport(args)).code, 0)
})

test('names that YAML would read as something else are written so that they are read as names', async () => {
  const directory = path.join(newFolder(), 'production')
  const names = ['--trust-domain', '1.5', '--app-id', 'null', '--api-host', '1.5e3.null']
  const upstream = ['--upstream', 'http://[::1]:9000']
  const made = ['init', '--dir', directory, ...names, ...upstream, '--passphrase-file', '--yes']
  const { code, stderr } = await sallyport(made)
  assert.equal(code, 0, stderr)
  const config = path.join(directory, 'sallyport.yaml')
  const checked = await sallyport(['config', 'validate', '--config', config, '--json'])
  assert.deepEqual(JSON.parse(checked.stdout), { ok: true, file: config, insecure: [] })
})

test('init never writes over a deployment', async () => {
  const directory = newFolder()
  const args = ['init', '--dir', directory, ...answers, '--passphrase-file']
  assert.equal((await sallyport(args)).code, 0)
  const before = readFileSync(path.join(directory, 'state', 'passphrase'), 'utf8')
  const { code, stderr } = await sallyport(args)
  assert.equal(code, 2)
  assert.match(stderr, /a deployment here already/)
  assert.equal(readFileSync(path.join(directory, 'state', 'passphrase'), 'utf8'), before)
})

test('init takes the passphrase of the environment, and writes it nowhere', async () => {
  const directory = newFolder()
  const env = { SALLYPORT_PASSPHRASE: 'correct horse battery staple' }
  const { code, stderr } = await sallyport(['init', '--dir', directory, ...answers], { env })
  assert.equal(code, 0, stderr)
  const files = readdirSync(directory, { recursive: true, withFileTypes: true })
  for (const entry of files.filter((candidate) => candidate.isFile())) {
    const text = readFileSync(path.join(entry.parentPath, entry.name), 'latin1')
    assert.ok(!text.includes(env.SALLYPORT_PASSPHRASE), entry.name)
  }
  assert.deepEqual(costsOfGuesses(directory), new Set([2 ** 17]))
})

/** N of scrypt, of all key files. */
function costsOfGuesses(directory: string): Set<number> {
  const keys = path.join(directory, 'state', 'keys')
  const texts = readdirSync(keys).map((name) => readFileSync(path.join(keys, name), 'utf8'))
  return new Set(texts.map((text) => (JSON.parse(text) as { kdf: { N: number } }).kdf.N))
}

const refusals = [
  { args: ['--yes', '--passphrase-file'], says: /--trust-domain is needed/, code: 2 },
  {
    args: ['--trust-domain', 'Example', '--passphrase-file'],
    says: /--trust-domain is not/,
    code: 2,
  },
  {
    args: [...answers, '--api-host', 'a b', '--passphrase-file'],
    says: /--api-host is not/,
    code: 2,
  },
  {
    args: [...answers, '--upstream', 'ftp://x', '--passphrase-file'],
    says: /--upstream is not/,
    code: 2,
  },
  {
    args: [...answers, '--upstream', "http://it's", '--passphrase-file'],
    says: /--upstream is not/,
    code: 2,
  },
  { args: answers, says: /there is no passphrase/, code: 3 },
]

for (const { args, says, code } of refusals) {
  test(`init refuses ${args.join(' ')} and writes nothing`, async () => {
    const directory = newFolder()
    const refused = await sallyport(['init', '--dir', directory, ...args])
    assert.equal(refused.code, code)
    assert.match(refused.stderr, says)
    assert.deepEqual(readdirSync(directory), [])
  })
}
