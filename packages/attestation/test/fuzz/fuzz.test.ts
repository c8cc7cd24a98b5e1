import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const program = fileURLToPath(new URL('./fuzz-process.js', import.meta.url))

/**
 * 20,000 runs of one seed. By hand, more and others:
 * `SALLYPORT_FUZZ_RUNS=200000 SALLYPORT_FUZZ_SEED=$RANDOM node --test packages/attestation/dist/test/fuzz/fuzz.test.js`
 */
const { SALLYPORT_FUZZ_RUNS: runs = '20000', SALLYPORT_FUZZ_SEED: seed = '1' } = process.env

test('evidence changed in any way is refused with a code, quickly, in 128 MB', () => {
  const { status, signal, stdout, stderr } = spawnSync(
    process.execPath,
    ['--max-old-space-size=128', '--enable-source-maps', program, runs, seed],
    { encoding: 'utf8', maxBuffer: 16 * 1024 * 1024 },
  )
  assert.equal(status, 0, `${signal ?? ''}\n${stdout}\n${stderr}`)
  console.log(stdout.trim())
  assert.match(
    stdout,
    new RegExp(`^${runs} runs, seed ${seed}, slowest \\d+\\.\\d ms of CPU$`, 'm'),
  )
})
