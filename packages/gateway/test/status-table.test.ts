import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Worker } from 'node:worker_threads'
import fc from 'fast-check'
import { activeStatus, refusingStatus, statusCode, statusKey } from '../src/status/status-code.ts'
import { createStatusTable, readStatusTable } from '../src/status/status-table.ts'

test('it holds what a map would hold', () => {
  const change = fc.tuple(fc.nat({ max: 300 }), fc.constantFrom(1, 2, 3, 4))
  fc.assert(
    fc.property(fc.array(change, { maxLength: 400 }), (changes) => {
      const table = createStatusTable(0)
      const reader = readStatusTable(table.buffer)
      const model = new Map<number, number>()
      for (const [key, status] of changes) {
        assert(table.set(statusKey('device', `dev_${key}`), status))
        model.set(key, status)
      }
      for (let key = 0; key <= 300; key++) {
        assert.equal(
          reader.lookUp(statusKey('device', `dev_${key}`)),
          model.get(key) ?? activeStatus,
        )
      }
    }),
    { numRuns: 50 },
  )
})

test('it says that it is crowded long before it is full, and refuses what has no room', () => {
  const table = createStatusTable(0)
  const reader = readStatusTable(table.buffer)
  let kept = 0
  let crowdedAt = 0
  while (table.set(statusKey('device', `dev_${kept}`), 4)) {
    kept++
    if (crowdedAt === 0 && table.isCrowded()) crowdedAt = kept
  }
  assert(crowdedAt > 500 && crowdedAt < kept * 0.6)
  for (let index = 0; index < kept; index++) {
    assert.equal(reader.lookUp(statusKey('device', `dev_${index}`)), 4)
  }
  assert.equal(reader.lookUp(statusKey('device', 'dev_none')), activeStatus)
})

test('the same key of another kind is another key', () => {
  const table = createStatusTable(0)
  table.set(statusKey('device', 'x'), statusCode('device', 'revoked'))
  assert.equal(readStatusTable(table.buffer).lookUp(statusKey('certificate', 'x')), activeStatus)
})

test('a status that is not known refuses as the last of its kind', () => {
  assert.equal(refusingStatus(statusCode('device', 'lost'))?.reason, 'device_revoked')
  assert.equal(
    refusingStatus(statusCode('certificate', 'constructor'))?.reason,
    'device_certificate_revoked',
  )
  assert.equal(refusingStatus(statusCode('device', 'active')), undefined)
})

test('a thread that reads while another writes sees each key whole or not at all', async () => {
  const table = createStatusTable(20_000)
  const module = new URL('../src/status/', import.meta.url).href
  const worker = new Worker(
    `const { workerData, parentPort } = require('node:worker_threads')
     Promise.all([import('${module}status-table.js'), import('${module}status-code.js')]).then(
       ([{ readStatusTable }, { statusKey }]) => {
         const reader = readStatusTable(workerData)
         const keys = Array.from({ length: 2000 }, (_, index) => statusKey('device', 'dev_' + index))
         parentPort.postMessage('ready')
         let wrong = 0
         for (let done = false; !done; ) {
           done = true
           keys.forEach((key, index) => {
             const status = reader.lookUp(key)
             if (status === 1) done = false
             else if (status !== 2 + (index % 3)) wrong++
           })
         }
         parentPort.postMessage(wrong)
       })`,
    { eval: true, workerData: table.buffer },
  )
  const messages: unknown[] = []
  await new Promise<void>((resolve, reject) => {
    worker.on('error', reject)
    worker.on('message', (message) => {
      messages.push(message)
      if (message !== 'ready') resolve()
      else {
        for (let index = 0; index < 2_000; index++) {
          table.set(statusKey('device', `dev_${index}`), 2 + (index % 3))
        }
      }
    })
  })
  await worker.terminate()
  assert.deepEqual(messages, ['ready', 0])
})
