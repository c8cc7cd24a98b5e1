import assert from 'node:assert/strict'
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { countSince } from '../../../src/signer/journal/recent-records.ts'
import { journalFolder, thing } from '../journal/journal-folder.ts'

test('cut at every byte of its last record, a journal goes on, loses nothing that was whole, and repeats nothing', async (t) => {
  const folder = journalFolder()
  t.after(() => folder.remove())
  const first = folder.start()
  for (let count = 0; count < 3; count++) await first.append(thing())
  await first.close()
  const [name = ''] = readdirSync(folder.directory)
  const file = path.join(folder.directory, name)
  const whole = readFileSync(file)
  const kept = (await folder.read()).records
  const lastStart = whole.lastIndexOf(0x0a, whole.length - 2) + 1
  for (let at = lastStart; at <= whole.length; at++) {
    for (const each of readdirSync(folder.directory)) rmSync(path.join(folder.directory, each))
    writeFileSync(file, whole.subarray(0, at))
    folder.logged.length = 0
    // Counted before anything is cut, as the bound on an hour is at each start.
    assert.equal(await countSince(folder.directory, ['device'], 0), at === whole.length ? 3 : 2)
    const journal = folder.start()
    await journal.append(thing({ serial: 'aa' }))
    await journal.close()
    const { records, faults } = await folder.read()
    const survived = at === whole.length ? kept : kept.slice(0, -1)
    assert.deepEqual(faults, [], `at ${at}`)
    assert.deepEqual(records.slice(0, -1), survived, `at ${at}`)
    const [last, before] = [records.at(-1), survived.at(-1)]
    // Between them stands the record that begins the file.
    assert.deepEqual([last?.serial, last?.seq], ['aa', (before?.seq ?? 0) + 2])
    const told = folder.logged.filter((line) => line.includes('not written whole'))
    const isTorn = at > lastStart && at < whole.length
    assert.equal(told.length, isTorn ? 1 : 0, `at ${at}`)
    if (isTorn) assert.equal(JSON.parse(told[0] ?? '').tornBytes, at - lastStart)
  }
  t.diagnostic(`${whole.length - lastStart + 1} places`)
})

test('a file that was cut within the record that begins it is begun again, as often as power fails', async (t) => {
  const folder = journalFolder()
  t.after(() => folder.remove())
  const first = folder.start()
  await first.append(thing({ serial: '01' }))
  await first.close()
  const second = folder.start()
  await second.append(thing({ serial: '02' }))
  await second.close()
  const [, name = ''] = readdirSync(folder.directory).toSorted()
  const file = path.join(folder.directory, name)
  const begin = readFileSync(file).indexOf(0x0a) + 1
  const whole = readFileSync(file)
  for (let at = 0; at < begin; at++) {
    for (const each of readdirSync(folder.directory).toSorted().slice(1)) {
      rmSync(path.join(folder.directory, each))
    }
    writeFileSync(file, whole.subarray(0, at))
    const journal = folder.start()
    await journal.append(thing({ serial: '03' }))
    await journal.close()
    const { records, faults } = await folder.read()
    assert.deepEqual([records.map(({ serial }) => serial), faults], [['01', '03'], []], `at ${at}`)
  }
})
