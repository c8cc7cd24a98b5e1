import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { after, before, test } from 'node:test'
import {
  endLeftOverRoles,
  type RoleProcess,
  startAuthorityRole,
} from '../acceptance/role-process.ts'
import { newDeployment } from '../production-deployment.ts'
import { newFolder, sallyport } from '../sallyport.ts'

let config: string
let authority: RoleProcess
before(async () => {
  config = await newDeployment()
  authority = await startAuthorityRole(config)
})
after(async () => {
  await authority.end()
  endLeftOverRoles()
})

const run = (...args: string[]) => sallyport([...args, '--config', config])
const check = (file: string) => sallyport(['audit', 'check', file])

test('an export goes on where it ended, and is verified without an authority', async () => {
  assert.equal((await run('tokens', 'create', '--label', 'first')).code, 0)
  const first = await run('audit', 'export')
  assert.equal(first.code, 0, first.stderr)
  const last = /--after (\d+)/.exec(first.stderr)?.[1] ?? ''
  assert.equal((await run('tokens', 'create', '--label', 'second')).code, 0)
  const second = await run('audit', 'export', '--after', last)
  assert.match(second.stdout, /"second"/)
  assert.doesNotMatch(second.stdout, /"first"/)

  const file = path.join(newFolder(), 'audit.jsonl')
  writeFileSync(file, first.stdout + second.stdout)
  const checked = await check(file)
  assert.equal(checked.code, 0, checked.stderr)

  const lines = (first.stdout + second.stdout).trim().split('\n')
  const bent = [
    lines.with(1, lines[1]?.replace('"admin', '"edmin').replace('"authority', '"buthority') ?? ''),
    lines.toSpliced(1, 1),
    [...lines.slice(0, 2), 'no json', ...lines.slice(2)],
  ]
  for (const rows of bent) {
    writeFileSync(file, `${rows.join('\n')}\n`)
    const { code, stderr } = await check(file)
    assert.equal(code, 1, stderr)
    assert.match(stderr, /audit_broken/)
  }
})

test('rows are listed by who, what, to what and when', async () => {
  const listed = await run('audit', 'list', '--action', 'enrollment-token.created', '--json')
  assert.equal(listed.code, 0, listed.stderr)
  const rows = JSON.parse(listed.stdout) as { action: string; subject: string; actor: string }[]
  assert.ok(rows.length >= 2)
  assert.ok(rows.every(({ action }) => action === 'enrollment-token.created'))
  const [{ subject, actor } = { subject: '', actor: '' }] = rows
  const one = await run('audit', 'list', '--subject', subject, '--actor', actor, '--json')
  assert.equal(JSON.parse(one.stdout).length, 1)
  const none = await run('audit', 'list', '--until', '2020-01-01T00:00:00Z', '--json')
  assert.deepEqual(JSON.parse(none.stdout), [])
})

test('a span is a time as well, and one that ends before it begins is refused', async () => {
  const lately = await run('audit', 'list', '--since', '7d', '--until', '0s', '--json')
  assert.equal(lately.code, 0, lately.stderr)
  assert.ok(JSON.parse(lately.stdout).length > 0)
  const before = await run('audit', 'list', '--until', '7d', '--json')
  assert.deepEqual(JSON.parse(before.stdout), [])
  const wrong = await run('audit', 'list', '--since', '1d', '--until', '7d')
  assert.equal(wrong.code, 2)
  assert.match(wrong.stderr, /--until lies before --since/)
  const none = await run('audit', 'list', '--since', 'yesterday')
  assert.equal(none.code, 2)
  assert.match(none.stderr, /7d.*2027-01-31T12:00:00Z/)
})

test('what came since the last row is nothing, and a row that never was is told', async () => {
  const whole = await run('audit', 'export')
  const last = /--after (\d+)/.exec(whole.stderr)?.[1] ?? ''
  const since = await run('audit', 'export', '--after', last)
  assert.deepEqual([since.code, since.stdout], [0, ''])
  assert.match(since.stderr, new RegExp(`0 rows. Go on later with --after ${last}\\b`))
  const beyond = String(Number(last) + 1_000)
  for (const verb of ['export', 'list']) {
    const { code, stdout, stderr } = await run('audit', verb, '--after', beyond)
    assert.deepEqual([code, stdout], [1, ''], stderr)
    assert.match(stderr, new RegExp(`authority ends with row ${last}, before row ${beyond}`))
    const other = await run('audit', verb, '--chain', 'nobody')
    assert.deepEqual([other.code, other.stdout], [1, ''], other.stderr)
    assert.match(other.stderr, /No authority writes a chain nobody/)
  }
})

test('tokens are listed page by page, as the API has them with --json, and each once', async () => {
  for (const label of ['third', 'fourth']) await run('tokens', 'create', '--label', label)
  const first = await run('tokens', 'list', '--limit', '1', '--json')
  assert.equal((JSON.parse(first.stdout) as object[]).length, 1)
  assert.match(first.stderr, /There are more: --all, or --limit 10/)
  const all = await run('tokens', 'list', '--all', '--json')
  const labels = (JSON.parse(all.stdout) as { label: string }[]).map(({ label }) => label)
  assert.deepEqual(labels.slice(0, 2), ['fourth', 'third'])
  const admin = await run('tokens', 'list', '--admin', '--json')
  const [token] = JSON.parse(admin.stdout) as { apps: unknown; networks: unknown }[]
  assert.deepEqual([token?.apps, token?.networks], [null, null])
  const table = await run('tokens', 'list', '--admin')
  assert.match(table.stdout, /APPS +VERBS +NETWORKS/)
})

test('of several authorities each export is of one chain, and says which there are', async () => {
  await authority.end()
  const text = readFileSync(config, 'utf8')
  writeFileSync(config, text.replace(/^authority:\n/m, 'authority:\n  name: authority-b\n'))
  authority = await startAuthorityRole(config)
  assert.equal((await run('tokens', 'create')).code, 0)
  const own = await run('audit', 'export')
  assert.match(
    own.stderr,
    /^\d+ rows? of the chain authority-b\..* --chain authority-b --after \d+$/m,
  )
  const other = await run('audit', 'export', '--chain', 'authority')
  assert.match(other.stderr, /^\d+ rows of the chain authority\..* --chain authority --after \d+$/m)
})
