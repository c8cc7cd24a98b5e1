import assert from 'node:assert/strict'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { before, test } from 'node:test'
import { newDeployment } from '../production-deployment.ts'
import { sallyport } from '../sallyport.ts'

let file: string
before(async () => {
  file = await newDeployment()
})

const migrate = (...options: string[]) =>
  sallyport(['store', 'migrate', ...options, '--config', file])

/** The store as it was before some of its migrations, of which the newest alone changes anything here. */
function forget(...names: string[]): void {
  const database = new DatabaseSync(path.join(path.dirname(file), 'state/sallyport.db'))
  database.exec('drop index if exists certificates_by_end')
  const remove = database.prepare('delete from kysely_migration where name = ?')
  for (const name of names) assert.equal(remove.run(name).changes, 1)
  database.close()
}

test('what an upgrade is going to do to tables is told, and then done', async () => {
  const nothing = await migrate('--check')
  assert.deepEqual([nothing.code, nothing.stdout], [0, 'The tables are of this version\n'])

  const added = '026-certificates-by-end-additive'
  forget(added)
  const growing = await migrate('--check')
  assert.equal(growing.code, 1)
  assert.equal(
    growing.stdout,
    `Missing: ${added}\nAuthorities of the version before go on beside those of this one\n`,
  )
  const { stdout } = await migrate('--check', '--json')
  assert.deepEqual(JSON.parse(stdout), { missing: [added], olderGoOn: true })
  assert.equal((await migrate()).stdout, `Done: ${added}\n`)

  forget(added, '002-forked-at')
  const changing = await migrate('--check')
  assert.match(changing.stdout, /Missing: 002-forked-at, 026.*\n.*write nothing more/)
})
