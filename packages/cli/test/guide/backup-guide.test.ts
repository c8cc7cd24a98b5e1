import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { after, test } from 'node:test'
import { quietPorts } from '@sallyport/virtual-device'
import { endLeftOverRoles, startAuthorityRole } from '../acceptance/role-process.ts'
import { binary, newFolder, sallyport } from '../sallyport.ts'
import { shellLines } from './guide.ts'

after(endLeftOverRoles)

const page = readFileSync(new URL('../../../../../docs/guide/backup.md', import.meta.url), 'utf8')

/** A deployment as `sallyport init` lays it out. */
async function layOut(): Promise<string> {
  const directory = path.join(newFolder(), 'production')
  const answers = ['--trust-domain', 'example.com', '--app-id', 'wallet', '--yes']
  const made = await sallyport(['init', '--dir', directory, ...answers, '--passphrase-file'])
  assert.equal(made.code, 0, made.stderr)
  return directory
}

/** Runs a line of the page as a shell does, in a deployment of its own. */
function runIn(cwd: string) {
  mkdirSync(path.join(cwd, 'backup'), { recursive: true })
  return (line: string): string => {
    const here = line
      .replaceAll('/backup/', `${cwd}/backup/`)
      .replaceAll('/tmp/trial', `${cwd}/trial`)
    const script = `sallyport() { '${process.execPath}' '${binary}' "$@"; }\n${here}`
    return execFileSync('bash', ['-euc', script], { cwd, encoding: 'utf8', stdio: 'pipe' })
  }
}

/** The same, where others can have their ports meanwhile. */
async function layOutOnQuietPorts(): Promise<string> {
  const cwd = await layOut()
  const file = path.join(cwd, 'sallyport.yaml')
  const [device, admin, operations] = await quietPorts(3)
  const text = readFileSync(file, 'utf8')
    .replace('0.0.0.0:8443', `127.0.0.1:${device}`)
    .replaceAll(':8444', `:${admin}`)
    .replace(':8445', `:${operations}`)
  writeFileSync(file, text)
  return cwd
}

test('the lines of the page about backups back up and restore, and what ended since ends again', async (t) => {
  const cwd = await layOutOnQuietPorts()
  const configFile = path.join(cwd, 'sallyport.yaml')
  const run = runIn(cwd)
  const lines = shellLines(page)
  const lineOf = (...words: string[]) => {
    const line = lines.find((one) => words.every((word) => one.includes(word)))
    assert.ok(line, words.join(' '))
    return line
  }
  const said = (line: string) => run(`exec 2>&1\n${line}`)
  let authority = await startAuthorityRole(configFile)
  t.after(() => authority.kill())
  const create = () =>
    JSON.parse(run('sallyport tokens create --json')).enrollmentToken.id as string
  const [revoked, unused] = [create(), create()]
  run(lineOf('store backup'))
  const [name = ''] = readdirSync(path.join(cwd, 'backup'))
  assert.match(name, /^sallyport-\d{4}-\d\d-\d\d\.gz$/)
  assert.equal(statSync(path.join(cwd, 'backup', name)).mode & 0o777, 0o600)
  assert.throws(() => run(lineOf('store backup')), /is there already/)
  run(`sallyport tokens revoke ${revoked}`)
  run(lineOf('audit export'))
  assert.match(run(`sallyport audit check /backup/audit.jsonl`), /\d+ rows, each hash holds/)
  await authority.end()

  const restore = lineOf('store restore', '--audit').replace(/--dry-run.*/, '')
  assert.throws(() => run(restore), /store_not_empty/)
  run(lineOf('mv state/sallyport.db'))
  const tried = said(lineOf('--dry-run'))
  assert.match(tried, /Ended again: 1 enrollment-token\.revoked$/m)
  assert.match(tried, /^The chain authority was followed from row \d+ to row \d+, of /m)
  assert.match(tried, /it was a trial/)
  const done = said(restore)
  assert.match(done, /\d+ rows as of/)
  assert.match(done, /^Now these count: 1 admin tokens, 0 enrolment tokens/m)
  assert.ok(existsSync(path.join(cwd, 'state', 'before', 'sallyport.db')))
  run(lineOf('tokens create', '--offline'))
  authority = await startAuthorityRole(configFile)
  const tokens = JSON.parse(run('sallyport tokens list --json')) as { id: string }[]
  assert.ok(tokens.some(({ id }) => id === unused))
  await authority.end()

  assert.match(said(lineOf('store follow')), /^Ended again: nothing$/m)
  run('mkdir -p state/again && mv state/sallyport.db* state/again/')
  const kept = said(`${restore} --keep-credentials`)
  assert.match(kept, /^Now these count: 1 admin tokens, 1 enrolment tokens/m)
})

test('the lines of the page try a backup out beside the authority', async () => {
  const cwd = await layOut()
  const run = runIn(cwd)
  const lines = shellLines(page)
  const lineOf = (words: string) => lines.find((one) => one.includes(words)) ?? assert.fail(words)
  run(lineOf('store backup'))
  run(lineOf('sed '))
  run(lineOf('--config trial.yaml'))
  assert.equal(statSync(path.join(cwd, 'trial', 'sallyport.db')).mode & 0o777, 0o600)
})

test('a store is copied to another one, and no further; tables are of this version', async () => {
  const cwd = await layOut()
  const run = runIn(cwd)
  const config = readFileSync(path.join(cwd, 'sallyport.yaml'), 'utf8')
  const moved = config.replace('path: state/sallyport.db', 'path: state/moved.db')
  assert.notEqual(moved, config)
  writeFileSync(path.join(cwd, 'moved.yaml'), moved)
  assert.match(run('sallyport store migrate'), /of this version/)
  assert.match(run('sallyport store copy moved.yaml'), /^\d+ rows/)
  assert.throws(() => run('sallyport store copy moved.yaml'), /store_not_empty/)
  assert.throws(() => run('sallyport store copy sallyport.yaml'), /store_not_empty/)
})

test('a store of PostgreSQL over a network without TLS, or beside a file, is refused with its line', async () => {
  const cwd = await layOut()
  const config = readFileSync(path.join(cwd, 'sallyport.yaml'), 'utf8')
  const validate = async (store: string) => {
    const file = path.join(cwd, 'other.yaml')
    writeFileSync(file, config.replace('path: state/sallyport.db', store))
    const { code, stderr, stdout } = await sallyport(['config', 'validate', '--config', file])
    return `${code} ${stderr}${stdout}`
  }
  const postgres = (more: string) => `postgres: { database: a, user: b, ${more} }`
  assert.match(
    await validate(postgres('host: db.example.com')),
    /other\.yaml:\d+.*would not be encrypted/s,
  )
  assert.match(await validate(postgres('host: 127.example.com')), /would not be encrypted/)
  assert.match(await validate(`path: a\n  ${postgres('host: ::1')}`), /must be one thing/)
  assert.match(await validate(postgres('host: ::1, password: x')), /other\.yaml:\d+/)
  assert.match(await validate(postgres('host: ::1, passwordFile: nowhere')), /nowhere/)
  assert.match(await validate(postgres('host: ::1')), /^0 /)
  assert.match(
    await validate(postgres('host: db.example.com, insecurePlaintext: true')),
    /store\.postgres\.insecurePlaintext/,
  )
})
