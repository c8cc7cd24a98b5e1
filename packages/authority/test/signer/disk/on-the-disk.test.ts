import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { test, type TestContext } from 'node:test'
import { certificateIn } from '../../fixture/signer.ts'
import { layOutSigner } from './running-signer.ts'
import { strace, type SystemCall, whyNoStrace } from './strace.ts'

// What a power cut leaves is what was synced: the order of calls of the real process is looked at.

const why = whyNoStrace()
// In CI it fails instead, with the reason.
const options = { skip: process.env['CI'] === 'true' ? undefined : why }
const dayMs = 86_400_000

const isWrite = ({ name }: SystemCall) => /write|send/.test(name)
const isSync = ({ name, result }: SystemCall) => /^f(data)?sync$/.test(name) && result === 0
const isOf = (place: string) => (call: SystemCall) => call.args.includes(`<${place}>`)

/** Where a call is that comes after another, and is as it is asked. */
function after(calls: readonly SystemCall[], from: number, is: (call: SystemCall) => boolean) {
  return calls.findIndex((call, at) => at > from && is(call))
}

/** Holds that a certificate was written down, synced, and then sent. @returns its file */
function assertSyncedBeforeSent(calls: readonly SystemCall[], certificate: string): string {
  const { thumbprint } = certificateIn({ certificate })
  const written = calls.findIndex((call) => isWrite(call) && call.args.includes(thumbprint))
  assert.ok(written >= 0, 'it is in the journal')
  const [, file = ''] = /<([^>]*\.jsonl)>/.exec(calls[written]?.args ?? '') ?? []
  assert.notEqual(file, '')
  const synced = after(calls, written, (call) => isSync(call) && isOf(file)(call))
  // The serial number is within its first bytes.
  const head = certificate.slice(0, 80)
  const sent = calls.findIndex((call) => isWrite(call) && call.args.includes(head))
  assert.ok(sent >= 0, 'it was handed out')
  assert.ok(synced >= 0 && synced < sent, `written ${written}, synced ${synced}, sent ${sent}`)
  return file
}

/** Holds that a file that was begun has its name on the disk before anything in it is sent. */
function assertNameSynced(calls: readonly SystemCall[], file: string, firstSent: string): void {
  const made = calls.findIndex(
    ({ name, args }) => name === 'openat' && args.includes(file) && args.includes('O_EXCL'),
  )
  assert.ok(made >= 0, `${file} was made`)
  const sent = calls.findIndex(
    (call) => isWrite(call) && call.args.includes(firstSent.slice(0, 80)),
  )
  const begun = after(calls, made, (call) => isSync(call) && isOf(file)(call))
  const named = after(calls, made, (call) => isSync(call) && isOf(path.dirname(file))(call))
  assert.ok(begun >= 0 && begun < named && named < sent, `${made} ${begun} ${named} ${sent}`)
}

async function withSigner(
  t: TestContext,
  work: (laid: Awaited<ReturnType<typeof layOutSigner>>) => Promise<void>,
): Promise<void> {
  assert.equal(why, undefined, 'must not be skipped here')
  const laid = await layOutSigner()
  t.after(laid.remove)
  await work(laid)
}

test(
  'what is signed is written, synced and only then sent, also where many wait and where a day ends',
  options,
  (t) =>
    withSigner(t, async ({ start, moveClock, directory }) => {
      const watched = strace()
      const signer = await start(...watched.before)
      const certificates = [await signer.sign(), await signer.sign()]
      certificates.push(...(await Promise.all(Array.from({ length: 20 }, signer.sign))))
      const first = certificates[0] ?? ''
      moveClock(dayMs)
      const second = await signer.sign()
      certificates.push(second)
      await signer.end()
      const calls = watched.read()
      const files = certificates.map((each) => assertSyncedBeforeSent(calls, each))
      const [oldFile = '', newFile = ''] = new Set(files)
      assertNameSynced(calls, oldFile, first)
      assertNameSynced(calls, newFile, second)
      // The directory is new as well: so is its name in the one above it.
      const folder = path.join(directory, 'keys', 'signed')
      const made = calls.findIndex(({ name, args }) => name === 'mkdir' && args.includes(folder))
      const named = after(calls, made, (call) => isSync(call) && isOf(path.dirname(folder))(call))
      const sent = after(
        calls,
        made,
        (call) => isWrite(call) && call.args.includes(first.slice(0, 80)),
      )
      assert.ok(made >= 0 && named > made && named < sent, `${made} ${named} ${sent}`)
      const syncs = calls.filter((call) => isSync(call) && call.args.includes('.jsonl')).length
      t.diagnostic(`${certificates.length} certificates, ${syncs} syncs of the journal`)
      assert.ok(syncs < certificates.length, 'those that wait share one')
    }),
)

test(
  'who comes after one that was killed has its last records on the disk before it goes on behind them',
  options,
  (t) =>
    withSigner(t, async ({ start, directory }) => {
      const killed = await start()
      await killed.sign()
      await killed.end('SIGKILL')
      const folder = path.join(directory, 'keys', 'signed')
      const [before = ''] = readdirSync(folder).map((name) => path.join(folder, name))
      const watched = strace()
      const next = await start(...watched.before)
      const certificate = await next.sign()
      await next.end()
      const calls = watched.read()
      const file = assertSyncedBeforeSent(calls, certificate)
      assert.notEqual(file, before)
      assert.match(readFileSync(file, 'utf8'), new RegExp(`"after":"${path.basename(before)}"`))
      const synced = calls.findIndex((call) => isSync(call) && isOf(before)(call))
      const made = calls.findIndex(({ name, args }) => name === 'openat' && args.includes(file))
      assert.ok(synced >= 0 && synced < made, `${synced} ${made}`)
    }),
)
