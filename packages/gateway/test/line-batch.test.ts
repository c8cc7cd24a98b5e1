import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LineBatch, type LinePage } from '../src/log/line-batch.ts'

/** A batch whose pages cross as they do between threads: what is handed over is no longer here. */
function crossing() {
  const pages: LinePage[] = []
  const batch = new LineBatch((page) => {
    pages.push(structuredClone(page, { transfer: [page.bytes.buffer] }))
  })
  const text = () =>
    pages.map(({ bytes, length }) => Buffer.from(bytes.subarray(0, length)).toString()).join('')
  return { batch, pages, text }
}

test('every line arrives, whole and in order, also what is no ASCII', () => {
  const { batch, text } = crossing()
  const lines = Array.from({ length: 20_000 }, (_, index) => `{"n":${index},"path":"/č/€/😀"}\n`)
  for (const line of lines) batch.add(line)
  batch.flush()
  assert.equal(text(), lines.join(''))
  assert.equal(batch.dropped, 0)
})

test('a page that came back is used again, and its old lines are not told twice', () => {
  const { batch, pages } = crossing()
  batch.add('first line\n')
  batch.flush()
  const [page] = pages
  assert.ok(page)
  const { byteLength } = page.bytes
  batch.takeBack(page)
  batch.add('2\n')
  batch.flush()
  assert.equal(pages[1]?.length, 2)
  assert.equal(pages[1].bytes.byteLength, byteLength)
  assert.equal(Buffer.from(pages[1].bytes.subarray(0, 11)).toString(), '2\nrst line\n')
})

test('a line longer than a page goes by itself', () => {
  const { batch, text } = crossing()
  const long = `${'€'.repeat(300_000)}\n`
  batch.add('before\n')
  batch.add(long)
  batch.add('after\n')
  batch.flush()
  assert.equal(text(), `before\n${long}after\n`)
})

test('while nothing comes back, lines wait up to a bound, and are dropped and counted beyond it', () => {
  const { batch, pages } = crossing()
  const line = `${'a'.repeat(1023)}\n`
  for (let index = 0; index < 5_000; index++) batch.add(line)
  batch.flush()
  const held = pages.reduce((bytes, { length }) => bytes + length, 0)
  assert.ok(batch.dropped > 0)
  assert.equal(held + batch.dropped * 1024, 5_000 * 1024)
  assert.ok(held <= 4 * 1024 * 1024 + 1024, String(held))
  for (const page of pages) batch.takeBack(page)
  const { dropped } = batch
  batch.add(line)
  assert.equal(batch.dropped, dropped)
})

test('nothing is handed over where there is nothing', () => {
  const { batch, pages } = crossing()
  batch.flush()
  assert.deepEqual(pages, [])
})
