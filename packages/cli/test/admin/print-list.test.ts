import assert from 'node:assert/strict'
import { PassThrough, Writable } from 'node:stream'
import { text as readAll } from 'node:stream/consumers'
import { describe, it } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { pageOf, printList } from '../../src/admin/print-list.ts'
import type { Input } from '../../src/command.ts'
import { createOutput } from '../../src/terminal/output.ts'

type Thing = { readonly id: string; readonly apps: readonly string[] | null }

/** So many things, as an API has them: `cursor` is the number of the next one. */
function things(count: number, asked: number[] = []) {
  return (limit: number, cursor: string | undefined) => {
    asked.push(limit)
    const from = Number(cursor ?? '0')
    const length = Math.min(limit, count - from)
    const rows = Array.from(
      { length },
      (_, index): Thing => ({ id: `t${from + index}`, apps: null }),
    )
    const end = from + length
    return Promise.resolve(pageOf(rows, end < count ? { nextCursor: String(end) } : {}))
  }
}

const shown = ({ id }: Thing) => ({ id, apps: 'all' })
const given = (options: Input['options'] = {}): Input => ({ arguments: [], options })

async function printed(count: number, options: Input['options'], asked: number[] = []) {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()]
  const texts = Promise.all([readAll(stdout), readAll(stderr)])
  const streams = { stdout, stderr, stdin: new PassThrough() } as unknown as Parameters<
    typeof createOutput
  >[0]
  const output = createOutput({ ...streams, json: options['json'] === true })
  const list = { read: things(count, asked), shown, empty: 'There is none' }
  const told = await printList(given(options), output, list)
  stdout.end()
  stderr.end()
  const [out, words] = await texts
  return { told, out, words }
}

describe('a list of the admin API', () => {
  it('is one array of rows as the API has them, with --json', async () => {
    const { out, words } = await printed(3, { json: true })
    assert.match(out, /^\[.*\]\n$/)
    assert.deepEqual(
      JSON.parse(out),
      [0, 1, 2].map((one) => ({ id: `t${one}`, apps: null })),
    )
    assert.equal(words, '')
    assert.deepEqual(JSON.parse((await printed(0, { json: true })).out), [])
  })

  it('is a table for a person, who is told where there is none, and where there is more', async () => {
    assert.deepEqual(await printed(2, {}), {
      told: 2,
      out: 'ID  APPS\nt0  all\nt1  all\n',
      words: '',
    })
    assert.deepEqual(await printed(0, {}), { told: 0, out: '', words: 'There is none\n' })
    const more = await printed(101, {})
    assert.equal(more.told, 100)
    assert.equal(more.words, 'There are more: --all, or --limit 1000\n')
    assert.equal((await printed(100, {})).words, '')
  })

  it('is asked for in pages that the API takes, up to the limit or the end', async () => {
    const asked: number[] = []
    assert.equal((await printed(5_000, { limit: '2500' }, asked)).told, 2_500)
    assert.deepEqual(asked, [1_000, 1_000, 500])
    const all = await printed(5_001, { all: true, json: true })
    assert.equal((JSON.parse(all.out) as Thing[]).length, 5_001)
    assert.equal(all.words, '')
    await assert.rejects(printed(1, { all: true, limit: '5' }), {
      message: /Either --limit or --all/,
    })
  })

  it('has a table of more rows than a function takes arguments, each column in line', async () => {
    const { out } = await printed(200_000, { all: true })
    const lines = out.trimEnd().split('\n')
    assert.equal(lines.length, 200_001)
    assert.equal(lines[0], 'ID    APPS')
    assert.equal(lines.at(-1), 't199999  all')
  })

  it('waits for whoever reads slowly, and asks for no further page meanwhile', async () => {
    const asked: number[] = []
    const waiting: (() => void)[] = []
    const stdout = new Writable({
      highWaterMark: 1_000,
      write: (_chunk, _encoding, done) => void waiting.push(() => done()),
    })
    const stderr = new PassThrough()
    const streams = { stdout, stderr, stdin: new PassThrough() } as unknown as Parameters<
      typeof createOutput
    >[0]
    for (const json of [true, false]) {
      asked.length = 0
      const list = { read: things(1_500, asked), shown, empty: '' }
      const done = printList(given({ all: true }), createOutput({ ...streams, json }), list)
      for (let round = 0; round < 50; round++) await turn()
      // Nothing of the first page was taken.
      assert.equal(asked.length, 1)
      assert.ok(stdout.writableLength < 20_000, `${stdout.writableLength} bytes are held`)
      const reading = setInterval(() => waiting.splice(0).forEach((take) => take()), 0)
      assert.equal(await done, 1_500)
      clearInterval(reading)
    }
  })
})
